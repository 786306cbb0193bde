"""J07 E-mail and SMS: rates, subjects, hours, segments, cadence, consent. Lesson: lessons/1_junior/J07_email_sms.md."""

import pandas as pd

from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.mail import agreed, dormant

PROGRAM = "Mozilla/5.0"
DAY = pd.Timestamp("2024-06-04")  # of the wake-up mail whose list is looked at
PLAN_MARGIN = 0.42  # finance's planning figure, given in J02
THIRD_QUARTER = ("2025-07-01", "2025-10-01")
YEAR = pd.Timedelta(days=365)
GRAIN = "one row of message_sends is one message to one person"


@per_world
def messages(message_sends):
    """message_sends with kind of mailing, and whether a person opened, anything opened, somebody clicked, left."""
    kinds = {name: name.partition("-")[0] for name in message_sends["campaign"].unique()}
    any_open = (message_sends["opens"] > 0).fillna(False).astype(bool)
    return message_sends.assign(
        kind=message_sends["campaign"].map(kinds),
        any_open=any_open,
        opened=any_open & (message_sends["client"] != PROGRAM),
        clicked=message_sends["clicks"] > 0,
        left=message_sends["unsubscribed"] | message_sends["complained"],
    )


@per_world
def net_of_order(orders, refunds):
    """Paid amount that stayed, indexed by order."""
    paid = orders[orders["status"] == "paid"].set_index("order_id")
    return paid["amount"] - refunds.groupby("order_id")["amount"].sum().reindex(paid.index).fillna(0.0)


def order_ids(sends):
    """The different orders that came after clicks on these messages."""
    return sends["order_id"].dropna().astype("int64").unique()


def contribution(sends, orders, refunds):
    """What the orders after clicks on these messages left, in yuan: net revenue times finance's margin."""
    return net_of_order(orders, refunds).reindex(order_ids(sends)).fillna(0.0).sum() * PLAN_MARGIN


@per_world
def wake_2025(message_sends):
    """The wake-up mails of 2025."""
    rows = messages(message_sends)
    return rows[(rows["kind"] == "WAKE") & (rows["sent_at"] >= "2025-01-01")]


@per_world
def newsletters(message_sends):
    """All newsletters that arrived."""
    rows = messages(message_sends)
    return rows[(rows["kind"] == "NEWS") & rows["delivered"]]


# ---------------------------------------------------------------- two questions from before


@exercise(
    "J07.r1",
    title="What a mailing of text messages earned",
    kind="choice",
    practises=["R133"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "it earned CNY 1,000: revenue minus cost",
        "b": "it lost CNY 160: margin times revenue, minus cost",
        "c": "it earned CNY 840: margin times revenue",
    },
)
def mailing_profit():
    """0.42 of 2,000 is 840, and sending cost 1,000."""
    return "b"


@mailing_profit.mistake("MARGIN_IGNORED", repair="Who pays for the diapers that were sold?")
def _():
    """You took revenue for what is left. Goods and shipping are paid out of it first."""
    return wrong("a", shows={"revenue": yuan(2000), "left after goods and shipping": yuan(840)})


@mailing_profit.mistake("ROAS_AS_ROI", repair="What did sending the messages cost?")
def _():
    """You stopped before the cost. What the goods left has to pay for the messages as well."""
    return wrong("c", shows={"left after goods and shipping": yuan(840), "cost of sending": yuan(1000)})


mailing_profit.hints(
    "Which part of the revenue stays after goods and shipping?",
    "Multiply the revenue by the margin, then take the cost off.",
    "0.42 x 2,000, minus 1,000.",
)


@exercise(
    "J07.r2",
    title="People reached by three newsletters",
    kind="choice",
    practises=["R191"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "24,000, because each newsletter reached 8,000 people",
        "b": "8,000, because the list is the same each month",
        "c": "at least 8,000 and at most 24,000: count the different customers",
    },
)
def three_newsletters():
    """Who got two of them is one person. Only the customers' numbers tell how many there are."""
    return "c"


@three_newsletters.mistake("SUM_UNIQUES", repair="Who is on the list in July and in August?")
def _():
    """You added people over mailings. Most subscribers get all three and are one person each."""
    return wrong("a", shows={"newsletters": "3", "people behind one address": "1"})


@three_newsletters.mistake("PEAK_AS_UNIQUE", repair="Did nobody join or leave the list in three months?")
def _():
    """You took one mailing for all three. People join a list and leave it, and not every mail arrives."""
    return "b"


three_newsletters.hints(
    "Are clicks and people added up in the same way?",
    "A person who stands in two mailings is one person.",
    "The smallest total is one list, the largest is three lists without a common name.",
)


# ---------------------------------------------------------------- who opened it


@prediction(
    "J07.a",
    title="Share of the opened wake-up mails of 2025 that only a program opened",
    unit="fraction",
    practises=["R130"],
    bounds=(0, 1),
    section="Who opened it?",
)
def guess_machines(message_sends):
    """Since October 2024 programs that protect people's privacy load pictures on arrival, read or not."""
    rows = wake_2025(message_sends)
    return 1 - rows["opened"].sum() / rows["any_open"].sum()


@guess_machines.mistake(
    "MACHINE_OPENS", repair="Who loads a picture in the minute in which the mail arrives?"
)
def _():
    """Near zero means that an open is a person. An open is a picture that was loaded, by whatever loads pictures."""
    return 0.0


@exercise(
    "J07.1",
    title="Open rate of the wake-up mails of 2025",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R130", "R191"],
    bounds=(0, 1),
    section="Who opened it?",
    selfcheck={
        "grain": GRAIN,
        "numerator and denominator": "mails that a person opened at least once, per mail delivered",
        "window": "sent in 2025",
        "filter": "wake-up mails only; mails whose only opener is a program are not opened",
    },
)
def open_rate(message_sends):
    """Mails opened by a person, each counted once, over mails that arrived."""
    rows = wake_2025(message_sends)
    return rows["opened"].sum() / rows["delivered"].sum()


def promised(opens, message_sends, orders, refunds):
    """What a plan promises that values each of some opens at what a person's open brought."""
    rows = wake_2025(message_sends)
    worth = contribution(rows, orders, refunds) / rows["opened"].sum()
    return f"At {yuan(worth)} of margin behind each mail that a person opened, they promise {yuan(opens * worth)} that never came."


@open_rate.mistake("MACHINE_OPENS", repair="Which program opens many mails at once and has never clicked?")
def _(message_sends, orders, refunds):
    """You counted programs as readers. They load every picture on arrival, so their opens say that a mail arrived."""
    rows = wake_2025(message_sends)
    alone = rows["any_open"] & ~rows["opened"]
    return wrong(
        rows["any_open"].sum() / rows["delivered"].sum(),
        shows={
            "mails opened by a program alone": count(alone.sum()),
            "clicks in them": count(rows.loc[alone, "clicks"].sum()),
        },
        cost=f"{count(alone.sum())} mails look read and were not. "
        + promised(alone.sum(), message_sends, orders, refunds),
    )


@open_rate.mistake("NON_UNIQUE", repair="How often can one person open one mail?")
def _(message_sends, orders, refunds):
    """You added up opens. Somebody who comes back to a mail four times has read one mail, four times."""
    rows = wake_2025(message_sends)
    opens = rows.loc[rows["opened"], "opens"].sum()
    return wrong(
        opens / rows["delivered"].sum(),
        shows={
            "opens by people": count(opens),
            "most for one mail": count(rows.loc[rows["opened"], "opens"].max()),
        },
        cost=f"{count(opens - rows['opened'].sum())} opens are repetitions. "
        + promised(opens - rows["opened"].sum(), message_sends, orders, refunds),
    )


@open_rate.mistake("SENT_VS_DELIVERED", repair="Can anybody open a mail that came back?")
def _(message_sends):
    """You divided by mails sent. What came back gave nobody a chance to open it: that is a problem of addresses, and
    it has a rate of its own."""
    rows = wake_2025(message_sends)
    return wrong(
        rows["opened"].sum() / len(rows),
        shows={"mails sent": count(len(rows)), "mails delivered": count(rows["delivered"].sum())},
    )


@open_rate.slip("window")
def _(message_sends):
    """You took all wake-up mails, those of 2024 included."""
    rows = messages(message_sends).query("kind == 'WAKE'")
    return rows["opened"].sum() / rows["delivered"].sum()


@open_rate.slip("filter")
def _(message_sends):
    """You took all e-mails of 2025, newsletters included."""
    rows = messages(message_sends).query("channel == 'e-mail' and sent_at >= '2025-01-01'")
    return rows["opened"].sum() / rows["delivered"].sum()


@open_rate.slip("numerator and denominator")
def _(message_sends):
    """You counted what programs opened, and divided by mails sent."""
    rows = wake_2025(message_sends)
    return rows["any_open"].sum() / len(rows)


open_rate.hints(
    "Who opens: a person, a program, or the same person again?",
    "Above the line: delivered mails with an open, of which the last opener is not the program that never clicks.",
    '((mails["opens"] > 0) & (mails["client"] != "Mozilla/5.0")).sum() over mails["delivered"].sum().',
)


# ---------------------------------------------------------------- two subject lines


@exercise(
    "J07.2",
    title="Subject lines A and B by the measure that decides",
    kind="table",
    unit="fraction",
    minutes=(4, 7),
    practises=["R131", "R212", "R079"],
    section="Opened is not bought",
    selfcheck={
        "grain": GRAIN,
        "numerator and denominator": "mails with at least one click, per mail delivered",
        "window": "newsletters from 2025 on, the months of the test",
        "filter": "mails with a subject drawn by lot",
    },
)
def subjects(message_sends):
    """Clicked mails per delivered mail: the lot decided who got which subject, and everybody who got it counts."""
    return subject_test(message_sends).groupby("subject")["clicked"].mean().to_dict()


@per_world
def subject_test(message_sends):
    """Newsletters that arrived with a subject drawn by lot."""
    rows = newsletters(message_sends)
    return rows[rows["subject"] != ""]


@subjects.mistake("PROXY_METRIC", repair="What does an opened mail bring if nothing in it is wanted?")
def _(message_sends, orders, refunds):
    """You compared open rates. A promises a surprise, so more people look; fewer find what they came for."""
    rows = subject_test(message_sends)
    ordered = rows["order_id"].notna().groupby(rows["subject"]).mean()
    worth = contribution(rows, orders, refunds) / len(order_ids(rows))
    lost = (ordered["B"] - ordered["A"]) * len(rows)
    return wrong(
        rows.groupby("subject")["opened"].mean().to_dict(),
        shows={
            f"orders per thousand delivered, {name}": f"{rate * 1000:.1f}" for name, rate in ordered.items()
        },
        cost=f"Subject A for all newsletters of the test: {count(lost)} orders fewer than with B, {yuan(lost * worth)} of margin.",
    )


@subjects.mistake("POST_TREATMENT_DENOM", repair="Did both subjects bring the same kind of people to open?")
def _(message_sends):
    """You divided clicks by opens. The subject decides who opens, so the two groups below the line are no longer drawn by
    lot, and B's smaller one flatters B."""
    rows = subject_test(message_sends)
    sums = rows.groupby("subject")[["clicked", "opened"]].sum()
    return wrong(
        (sums["clicked"] / sums["opened"]).to_dict(),
        shows={
            f"share that opened, {name}": percent(rate)
            for name, rate in rows.groupby("subject")["opened"].mean().items()
        },
    )


@subjects.mistake("NON_UNIQUE", repair="What does a second click on the same mail add?")
def _(message_sends):
    """You added up clicks. Somebody who clicks three products in one mail is one reader who was interested."""
    rows = subject_test(message_sends)
    sums = rows.groupby("subject").agg(clicks=("clicks", "sum"), mails=("clicked", "sum"))
    return wrong(
        rows.groupby("subject")["clicks"].mean().to_dict(),
        shows={"clicks": count(sums["clicks"].sum()), "mails with a click": count(sums["mails"].sum())},
    )


@subjects.slip("numerator and denominator")
def _(message_sends):
    """You divided by mails sent."""
    rows = messages(message_sends).query("subject != ''")
    return rows.groupby("subject")["clicked"].mean().to_dict()


@subjects.slip("numerator and denominator")
def _(message_sends):
    """You divided by opened mails, those that only a program opened included."""
    sums = subject_test(message_sends).groupby("subject")[["clicked", "any_open"]].sum()
    return (sums["clicked"] / sums["any_open"]).to_dict()


subjects.hints(
    "What was drawn by lot: who got the mail, or who opened it?",
    "Divide by what the lot decided: mails delivered. Above the line stand mails with a click.",
    'Take (test["clicks"] > 0) of the delivered mails and its mean by test["subject"].',
)


# ---------------------------------------------------------------- the hour


@per_world
def hours(message_sends):
    """Newsletters that arrived, with the hour of sending: one row a mail."""
    rows = newsletters(message_sends)
    return rows.assign(hour=rows["sent_at"].dt.hour)


@per_world
def drawn_hours(message_sends):
    """Clicked share by hour, in the slice whose hour was drawn by lot."""
    rows = hours(message_sends)
    return rows[rows["slice"] == "random"].groupby("hour")["clicked"].mean()


@exercise(
    "J07.3",
    title="The best hour of sending",
    kind="table",
    unit={"hour": "count", "click rate": "fraction"},
    minutes=(4, 7),
    practises=["R132"],
    section="When to send",
    selfcheck={
        "grain": GRAIN,
        "numerator and denominator": "mails with at least one click, per mail delivered",
        "filter": "newsletters whose hour was drawn by lot",
    },
)
def best_hour(message_sends):
    """Where the hour was drawn by lot, the same people stand behind each hour, and what differs is the hour."""
    rate = drawn_hours(message_sends)
    return {"hour": int(rate.idxmax()), "click rate": rate.max()}


def given_up(hour, message_sends, orders, refunds):
    """Margin that a year of newsletters loses at an hour, against the best one, at the rates of the drawn slice."""
    rate, rows = drawn_hours(message_sends), newsletters(message_sends)
    year = rows[rows["sent_at"] >= "2025-01-01"]
    worth = contribution(year, orders, refunds) / year["clicked"].sum()
    return (rate.max() - (rate[hour] if hour else rate.mean())) * len(year) * worth


@best_hour.mistake("CONFOUND_SEGMENT", repair="Who was written to at that hour?")
def _(message_sends, orders, refunds):
    """You took the hour with the best history. The team sent to its loyal customers then, and they click at any hour."""
    rows = hours(message_sends)
    rate = rows.groupby("hour")["clicked"].mean()
    hour = int(rate.idxmax())
    loyal = rows["segment"].eq("loyal").groupby(rows["hour"]).mean()
    return wrong(
        {"hour": hour, "click rate": rate.max()},
        shows={
            f"loyal among the mails of {hour}:00": percent(loyal[hour], 0),
            "at the other hours": percent(rows.loc[rows["hour"] != hour, "segment"].eq("loyal").mean(), 0),
        },
        cost=f"All newsletters of 2025 at {hour}:00 would have left out {yuan(given_up(hour, message_sends, orders, refunds))} of margin.",
    )


@best_hour.mistake(
    "POST_TREATMENT_DENOM", repair="On which of the two does the hour work, on opening or on clicking?"
)
def _(message_sends, orders, refunds):
    """You divided by opened mails. The hour decides how many are opened, and that is what your denominator takes out: all
    hours look alike."""
    rows = hours(message_sends).query("slice == 'random'")
    sums = rows.groupby("hour")[["clicked", "opened"]].sum()
    rate = sums["clicked"] / sums["opened"]
    opened = sums["opened"] / rows.groupby("hour").size()
    return wrong(
        {"hour": int(rate.idxmax()), "click rate": rate.max()},
        shows={"lowest share opened at an hour": percent(opened.min()), "highest": percent(opened.max())},
        cost=f"Who takes all hours for alike draws one: that leaves out {yuan(given_up(None, message_sends, orders, refunds))} of margin a year, on average.",
    )


@best_hour.slip("numerator and denominator")
def _(message_sends):
    """You divided by mails sent."""
    rows = messages(message_sends).query("kind == 'NEWS' and slice == 'random'")
    rate = rows.groupby(rows["sent_at"].dt.hour)["clicked"].mean()
    return {"hour": int(rate.idxmax()), "click rate": rate.max()}


best_hour.hints(
    "Who chose the hour: the team, or the lot?",
    'Keep the rows with slice "random", then compare hours by clicked mails per delivered mail.',
    'rate = (lot["clicks"] > 0).groupby(lot["sent_at"].dt.hour).mean(), then rate.idxmax() and rate.max().',
)


# ---------------------------------------------------------------- a segment has a date


@exercise(
    "J07.4",
    title="Dormant customers as of 4 June 2024",
    kind="number",
    unit="count",
    minutes=(5, 9),
    practises=["R128"],
    bounds=(0, None),
    section="A segment has a date",
    selfcheck={
        "grain": "one row of orders is one order; a customer is counted once",
        "window": "orders before 4 June 2024 are known; the last one lies more than 90 days (of 24 hours) before its midnight",
        "filter": "paid orders; who had never ordered is no dormant customer",
    },
)
def dormant_then(orders):
    """Each customer's last order of those that were known on that day, and only then the 90 days."""
    return len(dormant(orders, DAY))


@per_world
def last_orders(orders):
    """Time of each customer's last paid order: (known on the day, in the whole file)."""
    paid = orders[orders["status"] == "paid"]
    then = paid[paid["ordered_at"] < DAY]
    return then.groupby("customer_id")["ordered_at"].max(), paid.groupby("customer_id")["ordered_at"].max()


def dormant_at_the_end(orders):
    """Customers whose last order of the whole file lies more than 90 days before its last day."""
    last = last_orders(orders)[1]
    return last.index[last < pd.Timestamp("2025-12-31") - pd.Timedelta(days=90)]


@dormant_then.mistake(
    "SNAPSHOT_LEAK", repair="Which day does the word dormant refer to: the mail's or the file's?"
)
def _(orders):
    """You took those who are dormant at the end of the file. Many of them were buying when the mail went out,
    or had not bought anything yet, and many who got it have come back since."""
    then, now = last_orders(orders)[0], dormant_at_the_end(orders)
    known = now.intersection(then.index)
    buying = then[known] >= DAY - pd.Timedelta(days=90)
    return wrong(
        len(now),
        shows={
            "of them, ordered in the 90 days before the mail": count(buying.sum()),
            "of them, first order only on that day or later": count(len(now) - len(known)),
        },
    )


@dormant_then.mistake("FUTURE_LEAK", repair="Could anybody know in June who would order in July?")
def _(orders, refunds):
    """You took each customer's last order of the whole file. Who came back after the mail is not on your list, so the
    mail can wake nobody."""
    _, last = last_orders(orders)
    silent = last.index[last < DAY - pd.Timedelta(days=90)]
    gone = dormant(orders, DAY).difference(silent)
    later = orders[orders["customer_id"].isin(gone) & orders["ordered_at"].between(DAY, DAY + YEAR)]
    net = net_of_order(orders, refunds).reindex(later["order_id"]).fillna(0.0).sum() * PLAN_MARGIN
    return wrong(
        len(silent),
        shows={
            "on your list, ordered in the year after the mail": "0",
            "dormant that day, missing from your list": count(len(gone)),
        },
        cost=f"Those who are missing left {yuan(net)} of margin in the year after. Your list says that waking customers earns nothing.",
    )


@dormant_then.slip("window")
def _(orders):
    """You counted calendar days, so the last order's whole day is in. The question counts 24 hours back from midnight."""
    then, _ = last_orders(orders)
    return int(((DAY - then.dt.normalize()).dt.days >= 90).sum())


@dormant_then.slip("window")
def _(orders):
    """You took those of today's list who had ordered by then. Whoever is dormant today may have been buying
    at that time."""
    then, _ = last_orders(orders)
    return len(dormant_at_the_end(orders).intersection(then.index))


@dormant_then.slip("window")
def _(orders):
    """You cut the hours off and asked for more than 90 full days: who ordered 90 days and some hours before
    is missing."""
    then, _ = last_orders(orders)
    return int(((DAY - then).dt.days > 90).sum())


@dormant_then.slip("filter")
def _(orders):
    """You kept unpaid orders as a sign of life."""
    known = orders[orders["ordered_at"] < DAY].groupby("customer_id")["ordered_at"].max()
    return int((known < DAY - pd.Timedelta(days=90)).sum())


dormant_then.hints(
    "What did the shop know on the morning of 4 June 2024?",
    "Cut the orders at that day first. Then each customer's last one, then the 90 days.",
    'known.groupby("customer_id")["ordered_at"].max() < day - pd.Timedelta(days=90), and count the True ones.',
)


# ---------------------------------------------------------------- how often


@per_world
def year_after(cadence_test, orders, refunds):
    """Orders of the test's customers in the 365 days from enrolment, with arm and net revenue."""
    rows = orders.merge(cadence_test, on="customer_id")
    wait = rows["ordered_at"] - rows["enrolled_on"]
    rows = rows[(wait >= pd.Timedelta(0)) & (wait < YEAR)]
    return rows.assign(net=rows["order_id"].map(net_of_order(orders, refunds)).fillna(0.0))


def people_by_arm(cadence_test):
    return cadence_test.groupby("mails_a_month").size()


@per_world
def worth_by_arm(cadence_test, orders, refunds):
    """Margin of twelve months per customer drawn into an arm, in yuan."""
    net = year_after(cadence_test, orders, refunds).groupby("mails_a_month")["net"].sum()
    return net * PLAN_MARGIN / people_by_arm(cadence_test)


@per_world
def clicks_by_arm(message_sends, cadence_test):
    """Clicks on wake-up mails per customer drawn into an arm."""
    wake = message_sends[message_sends["cadence"] > 0]
    return wake.groupby("cadence")["clicks"].sum() / people_by_arm(cadence_test)


def named(series):
    """{"1 a month": ..., "2 a month": ..., "4 a month": ...}: values by arm in the form of an answer."""
    return {f"{arm} a month": value for arm, value in series.items()}


@prediction(
    "J07.b",
    title="Margin of twelve months per customer: four mails a month against two, relative (minus for less)",
    unit="fraction",
    practises=["R129"],
    bounds=(-1, None),
    section="How often",
)
def guess_cadence(cadence_test, orders, refunds):
    """Clicks are counted among those who stay; what was lost with those who left is in no click report."""
    worth = worth_by_arm(cadence_test, orders, refunds)
    return worth[4] / worth[2] - 1


@guess_cadence.mistake("TOTAL_VS_NET", repair="What does somebody buy who has left the list in anger?")
def _(message_sends, cadence_test):
    """You followed the clicks. They rise with every mail; who leaves takes the orders of years along."""
    clicks = clicks_by_arm(message_sends, cadence_test)
    return clicks[4] / clicks[2] - 1


@exercise(
    "J07.5",
    title="What a customer is worth under one, two and four mails a month",
    kind="table",
    unit="CNY",
    minutes=(5, 9),
    practises=["R129"],
    section="How often",
    selfcheck={
        "grain": "one row of cadence_test is one customer of the test",
        "numerator and denominator": "net revenue times finance's margin, per customer drawn into the arm, buyer or not",
        "window": "365 days from each customer's own enrolment",
        "filter": "all paid orders of these customers, whatever brought them",
    },
)
def cadence_worth(cadence_test, orders, refunds):
    """Everybody whom the lot put into an arm counts, with all orders of the year, whatever brought them."""
    return named(worth_by_arm(cadence_test, orders, refunds))


def four_instead_of_two(cadence_test, orders, refunds):
    """Margin that the arm of two mails would have lost with four, in yuan."""
    worth = worth_by_arm(cadence_test, orders, refunds)
    return (worth[2] - worth[4]) * people_by_arm(cadence_test)[2]


@cadence_worth.mistake("TOTAL_VS_NET", repair="Where do the orders stand that no longer come?")
def _(message_sends, cadence_test, orders, refunds):
    """You counted orders placed in the visit after a click. Most of what a customer buys comes another way, and what
    people stop buying after they have left comes in no visit at all."""
    rows = year_after(cadence_test, orders, refunds)
    wake = message_sends[message_sends["cadence"] > 0]
    after = rows[rows["order_id"].isin(order_ids(wake))]
    worth = after.groupby("mails_a_month")["net"].sum() * PLAN_MARGIN / people_by_arm(cadence_test)
    left = messages(message_sends).query("cadence > 0").groupby("cadence")["left"].sum() / people_by_arm(
        cadence_test
    )
    return wrong(
        named(worth),
        shows={f"share of customers who left, {arm} a month": percent(share) for arm, share in left.items()},
        cost=f"By your figures the arms differ by {yuan(worth.max() - worth.min())} a customer at most. For the customers of "
        f"the middle arm alone, four mails would have cost {yuan(four_instead_of_two(cadence_test, orders, refunds))}.",
    )


@cadence_worth.mistake("SURVIVORSHIP", repair="In which arm did more people buy nothing at all?")
def _(cadence_test, orders, refunds):
    """You divided by buyers. Who was driven away buys nothing, and has dropped out of your denominator."""
    rows = year_after(cadence_test, orders, refunds)
    paid = rows[rows["status"] == "paid"]
    buyers = paid.groupby("mails_a_month")["customer_id"].nunique()
    bought = buyers / people_by_arm(cadence_test)
    return wrong(
        named(paid.groupby("mails_a_month")["net"].sum() * PLAN_MARGIN / buyers),
        shows={f"bought within the year, {arm} a month": percent(share, 0) for arm, share in bought.items()},
        cost="Per buyer the arms look much alike. For the customers of the middle arm, four mails would have cost "
        f"{yuan(four_instead_of_two(cadence_test, orders, refunds))}.",
    )


@cadence_worth.mistake(
    "MARGIN_IGNORED", repair="Which part of a yuan of revenue is left after goods and shipping?"
)
def _(cadence_test, orders, refunds):
    """You stopped at revenue. A lost order costs the brand its margin; the goods are still on the shelf."""
    net = year_after(cadence_test, orders, refunds).groupby("mails_a_month")["net"].sum()
    return wrong(
        named(net / people_by_arm(cadence_test)),
        shows={"net revenue of the three arms": yuan(net.sum()), "left of it": yuan(net.sum() * PLAN_MARGIN)},
        cost=f"A plan with your figures counts {yuan(net.sum() * (1 - PLAN_MARGIN))} of goods and "
        "shipping as money that is left.",
    )


@cadence_worth.slip("window")
def _(cadence_test, orders, refunds):
    """You took all orders up to the end of the file: who was enrolled early got more time."""
    rows = orders.merge(cadence_test, on="customer_id")
    rows = rows[rows["ordered_at"] >= rows["enrolled_on"]]
    net = rows["order_id"].map(net_of_order(orders, refunds)).fillna(0.0).groupby(rows["mails_a_month"]).sum()
    return named(net * PLAN_MARGIN / people_by_arm(cadence_test))


cadence_worth.hints(
    "Who belongs below the line: who clicked, who bought, or everybody whom the lot put into the arm?",
    "Merge paid orders with the test, keep 365 days from enrolled_on, add up net by arm, times 0.42.",
    'year.groupby("mails_a_month")["net"].sum() * 0.42 / cadence_test.groupby("mails_a_month").size()',
)


# ---------------------------------------------------------------- one person, one list


@per_world
def two_lists(message_sends):
    """The mails of 12 March 2025: to new registrants and to dormant customers."""
    rows = messages(message_sends)
    rows = rows[rows["campaign"].isin(["NEW-2025-03-12", "DORM-2025-03-12"])]
    return rows.assign(both=rows["customer_id"].duplicated(keep=False))


@exercise(
    "J07.6",
    title="Two lists of one day",
    kind="table",
    unit={"on both": "count", "left of them": "fraction", "dormant list": "count"},
    minutes=(5, 9),
    practises=["R128"],
    section="One person, one list",
    selfcheck={
        "grain": "one row is one mail; a person on both lists has two rows",
        "numerator and denominator": "people on both lists who left with either mail, per person on both lists",
        "filter": "the two campaigns of 12 March 2025",
        "rule": "a new registrant is a new registrant first; the dormant list is what remains of it",
    },
)
def overlap(message_sends):
    """People on both lists, those of them who left, and the dormant list once each person has one place."""
    rows = two_lists(message_sends)
    both = rows.loc[rows["both"], "customer_id"].nunique()
    left = rows.loc[rows["both"] & rows["left"], "customer_id"].nunique()
    return {"on both": both, "left of them": left / both, "dormant list": on_list(rows) - both}


def on_list(rows):
    """People on the dormant list as it was sent."""
    return int((rows["kind"] == "DORM").sum())


@overlap.mistake(
    "OVERLAP_SEGMENTS", repair="What does the second mail of a morning do to somebody who has just had one?"
)
def _(message_sends, cadence_test, orders, refunds):
    """You gave people on both lists the rate of the lists. Two mails in two hours are more than twice one mail."""
    rows = two_lists(message_sends)
    right, usual = overlap.compute(message_sends), rows.loc[~rows["both"], "left"].mean()
    more = max(right["left of them"] - usual, 0.0) * right["on both"]
    worth = worth_by_arm(cadence_test, orders, refunds)[2]
    return wrong(
        {"on both": right["on both"], "left of them": rows["left"].mean(), "dormant list": on_list(rows)},
        shows={"mails to a person on one list": "1", "to a person on both, within two hours": "2"},
        cost=f"About {count(more)} people left who would have stayed with one mail. At {yuan(worth)} of margin a year "
        f"each, that is {yuan(more * worth)} for a list that nobody compared.",
    )


@overlap.mistake("ROWS_AS_PEOPLE", repair="How many rows has a person who stands on both lists?")
def _(message_sends):
    """You counted mails. Each person on both lists has two rows, and can leave only once."""
    rows = two_lists(message_sends)
    right = overlap.compute(message_sends)
    return wrong(
        right | {"on both": int(rows["both"].sum()), "left of them": rows.loc[rows["both"], "left"].mean()},
        shows={
            "mails of the day": count(len(rows)),
            "people who got one or two": count(rows["customer_id"].nunique()),
        },
    )


@overlap.slip("numerator and denominator")
def _(message_sends):
    """You divided by mails. Everybody on both lists has two of them, and is one person."""
    rows = two_lists(message_sends)
    return overlap.compute(message_sends) | {"left of them": rows.loc[rows["both"], "left"].mean()}


overlap.hints(
    "Which customer numbers stand in both campaigns?",
    "customer_id.duplicated(keep=False) marks them. Somebody left who unsubscribed or complained, with either mail.",
    'both["customer_id"].nunique(), and both.loc[both["left"], "customer_id"].nunique() over it.',
)


# ---------------------------------------------------------------- what a message may cost


@per_world
def films(message_sends):
    """All text messages with a film."""
    return messages(message_sends).query("channel == 'video SMS'")


@exercise(
    "J07.7",
    title="Break-even price of a text message with a film",
    kind="number",
    unit="CNY",
    minutes=(4, 7),
    practises=["R133"],
    bounds=(0, None),
    section="What a text message may cost",
    selfcheck={
        "numerator and denominator": "net revenue of the orders after a click times finance's margin, per message sent",
        "money": "paid orders, minus refunds, times 0.42",
        "window": "both mailings with a film",
        "filter": "channel video SMS",
    },
)
def film_break_even(message_sends, orders, refunds):
    """What a message leaves is the most that it may cost; every message sent is on the bill."""
    return contribution(films(message_sends), orders, refunds) / len(films(message_sends))


def film_bill(message_sends, orders, refunds):
    """What the messages with a film lost in all: cost minus what they left, in yuan."""
    rows = films(message_sends)
    return rows["cost"].sum() - contribution(rows, orders, refunds)


@film_break_even.mistake(
    "MARGIN_IGNORED", repair="Which part of the revenue pays for the diapers themselves?"
)
def _(message_sends, orders, refunds):
    """You took the revenue behind a message for what it leaves. Goods and shipping are paid out of that
    first."""
    rows = films(message_sends)
    naive = contribution(rows, orders, refunds) / PLAN_MARGIN / len(rows)
    return wrong(
        naive,
        shows={
            "cost of a message": yuan(rows["cost"].mean()),
            "margin on net revenue": percent(PLAN_MARGIN, 0),
        },
        cost=f"By your figure the film pays. The two mailings lost {yuan(film_bill(message_sends, orders, refunds))}.",
    )


@film_break_even.mistake(
    "GMV_AS_REVENUE", repair="Was every order behind a click paid, and did every parcel stay?"
)
def _(message_sends, orders, refunds):
    """Your figure counts yuan that no film has left: amounts that were never paid or went back, or the orders
    behind plain messages."""
    rows = films(message_sends)
    placed = orders.loc[orders["order_id"].isin(order_ids(rows)), "amount"].sum()
    net = contribution(rows, orders, refunds) / PLAN_MARGIN
    return wrong(
        placed * PLAN_MARGIN / len(rows),
        shows={"placed after a click": yuan(placed), "stayed": yuan(net)},
        cost=f"Of the orders behind the film {yuan(placed - net)} were never paid or went back; "
        "they pay for no message.",
    )


@film_break_even.slip("money")
def _(message_sends, orders, refunds):
    """You kept what was refunded later."""
    rows = films(message_sends)
    paid = orders[(orders["status"] == "paid") & orders["order_id"].isin(order_ids(rows))]
    return paid["amount"].sum() * PLAN_MARGIN / len(rows)


@film_break_even.slip("money")
def _(message_sends, orders, refunds):
    """You took the paid revenue behind a message, with refunds, goods and shipping still in it."""
    rows = films(message_sends)
    paid = orders[(orders["status"] == "paid") & orders["order_id"].isin(order_ids(rows))]
    return paid["amount"].sum() / len(rows)


film_break_even.hints(
    "What does a message leave, after goods and shipping, before anybody pays for it?",
    "Net revenue of the orders behind order_id, times 0.42, over the number of messages sent.",
    'film["order_id"].map(net).sum() * 0.42 / len(film)',
)


# ---------------------------------------------------------------- who may be written to


@per_world
def plan_sms(send_plan):
    return send_plan[send_plan["plan"] == "NEW-YEAR-SMS"]


@per_world
def opted_out(send_plan, consent_log):
    """Withdrawals of anything between the making of the list and its sending."""
    rows = plan_sms(send_plan)
    return consent_log[
        (consent_log["state"] == "withdrawn")
        & (consent_log["recorded_at"] >= rows["listed_at"].iloc[0])
        & (consent_log["recorded_at"] < rows["send_at"].iloc[0])
    ]


@exercise(
    "J07.8",
    title="Names to be taken off this morning's list",
    kind="number",
    unit="count",
    minutes=(4, 8),
    practises=["R248"],
    bounds=(0, None),
    section="Consent has a time",
    selfcheck={
        "grain": "one row of consent_log is one consent given or withdrawn; a person is counted once",
        "window": "recorded after listed_at and before send_at",
        "filter": "marketing by SMS, people on the list",
    },
)
def late_names(send_plan, consent_log):
    """People on the list whose consent to marketing by SMS is no longer in force at the moment of sending."""
    rows = plan_sms(send_plan)
    return int((~agreed(consent_log, rows.assign(at=rows["send_at"]))).sum())


@late_names.mistake(
    "OPT_OUT_LATE", repair="Which moment counts: when the list was made, or when the message goes out?"
)
def _(send_plan, consent_log):
    """You checked the list as of last night. Everybody had agreed then; a consent is in force until it is withdrawn, not
    until the list is exported."""
    rows = plan_sms(send_plan)
    at_night = int((~agreed(consent_log, rows.assign(at=rows["listed_at"]))).sum())
    return wrong(
        at_night,
        shows={
            "list made": f"{rows['listed_at'].iloc[0]:%d %B, %H:%M}",
            "message goes out": f"{rows['send_at'].iloc[0]:%d %B, %H:%M}",
        },
    )


@late_names.mistake(
    "CONSENT_BUNDLED", repair="Does somebody who wants no more e-mails say anything about SMS?"
)
def _(send_plan, consent_log):
    """Your number counts withdrawals from other channels or purposes, too. A consent belongs to a purpose and
    a channel, and so does its end: those who left another list have not left this one."""
    listed = opted_out(send_plan, consent_log)
    listed = listed[listed["customer_id"].isin(plan_sms(send_plan)["customer_id"])]
    return wrong(
        listed["customer_id"].nunique(),
        shows={
            f"{purpose}, {channel}": f"withdrawn {count(number)} times"
            for (purpose, channel), number in listed.groupby(["purpose", "channel"]).size().items()
            if (purpose, channel) != ("marketing", "SMS")
        },
    )


@late_names.slip("filter")
def _(send_plan, consent_log):
    """One condition is missing: the withdrawal came in that night, and the person stands on this list."""
    rows = opted_out(send_plan, consent_log).query("purpose == 'marketing' and channel == 'SMS'")
    return rows["customer_id"].nunique()


@late_names.slip("window")
def _(send_plan, consent_log):
    """You counted those, too, who withdrew after the message had gone out."""
    rows = consent_log.query("state == 'withdrawn' and purpose == 'marketing' and channel == 'SMS'")
    rows = rows[rows["recorded_at"] >= plan_sms(send_plan)["listed_at"].iloc[0]]
    return rows.loc[rows["customer_id"].isin(plan_sms(send_plan)["customer_id"]), "customer_id"].nunique()


late_names.hints(
    "Which events of the log concern this channel, this purpose, these people, this night?",
    "Filter the log: marketing, SMS, withdrawn, from listed_at on and before send_at; then keep customers of the list.",
    'night["customer_id"].isin(plan["customer_id"]), and count different customers.',
)


@per_world
def contacts_asked(crm_contacts):
    """Contacts that were marketed to in 2025, each with channel and the end of that day."""
    rows = crm_contacts.dropna(subset=["customer_id", "marketed_on"])
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"].astype("int64"),
            "channel": rows["channel"],
            "at": rows["marketed_on"] + pd.Timedelta(days=1),
        }
    )


@prediction(
    "J07.c",
    title="Share of the contacts written to in 2025 without consent for that channel on that day",
    unit="fraction",
    practises=["R248"],
    bounds=(0, 1),
    section="Consent has a time",
)
def guess_leak(crm_contacts, consent_log):
    """A consent is a row with a purpose, a channel and a time; a contact in the CRM is none."""
    return 1 - agreed(consent_log, contacts_asked(crm_contacts)).mean()


@guess_leak.mistake("CONSENT_BUNDLED", repair="For which channel had they agreed?")
def _(crm_contacts, consent_log):
    """You guessed low, as if one tick held for all channels. Almost everybody agreed to something once."""
    latest = consent_log.sort_values("recorded_at", kind="stable").drop_duplicates("customer_id", keep="last")
    state = latest.set_index("customer_id")["state"]
    return 1 - contacts_asked(crm_contacts)["customer_id"].map(state).eq("given").mean()


# ---------------------------------------------------------------- mixed case


@per_world
def third_quarter(message_sends):
    rows = messages(message_sends)
    return rows[
        (rows["kind"] == "NEWS")
        & (rows["sent_at"] >= THIRD_QUARTER[0])
        & (rows["sent_at"] < THIRD_QUARTER[1])
    ]


@exercise(
    "J07.9",
    title="One row about the newsletter",
    kind="table",
    unit={"people": "count", "click rate": "fraction", "profit": "CNY"},
    minutes=(7, 11),
    points=2,
    practises=["R131", "R191"],
    section="Mixed case: one row about the newsletter",
    selfcheck={
        "grain": "one row is one mail; a subscriber has one a month",
        "numerator and denominator": "people: each once, if any mail arrived; click rate: mails with a click per mail delivered",
        "money": "net revenue of the orders after a click times finance's margin, minus what sending cost",
        "window": "newsletters of July to September 2025",
    },
)
def newsletter_row(message_sends, orders, refunds):
    """People once, mails that arrived below the line, and money that stayed after goods, shipping and sending."""
    rows = third_quarter(message_sends)
    arrived = rows[rows["delivered"]]
    return {
        "people": arrived["customer_id"].nunique(),
        "click rate": arrived["clicked"].mean(),
        "profit": contribution(rows, orders, refunds) - rows["cost"].sum(),
    }


@newsletter_row.mistake("SUM_UNIQUES", repair="How many newsletters did a subscriber get in three months?")
def _(message_sends, orders, refunds):
    """You counted mails as people. A subscriber gets one newsletter a month, and is the same person each time."""
    rows = third_quarter(message_sends).query("delivered")
    return wrong(
        newsletter_row.compute(message_sends, orders, refunds) | {"people": len(rows)},
        shows={
            "mailings in the quarter": count(rows["campaign"].nunique()),
            "most for one person": count(rows["customer_id"].value_counts().max()),
        },
    )


@newsletter_row.mistake("SENT_VS_DELIVERED", repair="Did a mail that came back reach anybody?")
def _(message_sends, orders, refunds):
    """You counted what was sent. Mails that came back reached nobody and could not be clicked."""
    rows = third_quarter(message_sends)
    right = newsletter_row.compute(message_sends, orders, refunds)
    return wrong(
        right | {"people": rows["customer_id"].nunique(), "click rate": rows["clicked"].mean()},
        shows={"mails sent": count(len(rows)), "mails that came back": count((~rows["delivered"]).sum())},
    )


@newsletter_row.mistake("MARGIN_IGNORED", repair="What is left of a yuan of revenue before a mail is paid?")
def _(message_sends, orders, refunds):
    """You took the cost of sending off net revenue. The goods have to be paid first."""
    rows = third_quarter(message_sends)
    right = newsletter_row.compute(message_sends, orders, refunds)
    revenue = contribution(rows, orders, refunds) / PLAN_MARGIN
    return wrong(
        right | {"profit": revenue - rows["cost"].sum()},
        shows={"net revenue after clicks": yuan(revenue), "cost of sending": yuan(rows["cost"].sum())},
        cost=f"Of each CNY 1,000 of net revenue in your row {yuan(1000 * (1 - PLAN_MARGIN))} went "
        "to suppliers and carriers.",
    )


@newsletter_row.mistake("GMV_AS_REVENUE", repair="Which of these orders were paid, and which came back?")
def _(message_sends, orders, refunds):
    """Your profit counts yuan that the newsletter has not left: orders that were never paid or went back, or
    the orders behind other mails."""
    rows = third_quarter(message_sends)
    right = newsletter_row.compute(message_sends, orders, refunds)
    placed = orders[orders["order_id"].isin(order_ids(rows))]
    paid = placed[placed["status"] == "paid"]
    back = paid["amount"].sum() - contribution(rows, orders, refunds) / PLAN_MARGIN
    return wrong(
        right | {"profit": placed["amount"].sum() * PLAN_MARGIN - rows["cost"].sum()},
        shows={
            "never paid, of the orders after a click": percent(1 - len(paid) / len(placed), 0),
            "refunded, of the paid amount": percent(back / paid["amount"].sum(), 0),
        },
        cost=f"Of the orders behind the newsletter {yuan(back)} went back to customers, beside what "
        "nobody paid.",
    )


@newsletter_row.slip("money")
def _(message_sends, orders, refunds):
    """You left out what sending cost."""
    profit = contribution(third_quarter(message_sends), orders, refunds)
    return newsletter_row.compute(message_sends, orders, refunds) | {"profit": profit}


newsletter_row.hints(
    "Three figures, three units: people, mails, yuan. What is counted once in each?",
    "People: different customers among delivered mails. Click rate: clicked over delivered. Profit: net times 0.42 minus cost.",
    'arrived["customer_id"].nunique(), (arrived["clicks"] > 0).mean(), rows["order_id"].map(net).sum() * 0.42 - rows["cost"].sum()',
)


# ---------------------------------------------------------------- memo


@exercise(
    "J07.10",
    title="Memo: four wake-up mails a month?",
    kind="memo",
    unit="CNY",
    minutes=(5, 8),
    points=2,
    practises=["R129", "R131"],
    section="The memo",
    selfcheck={
        "line 1": "what four mails instead of two a month cost per customer, in yuan of margin within twelve months",
        "line 2": "the evidence: how many people leave with four, and with two",
        "line 3": "the ask: who should do what, by when",
    },
)
def cadence_memo(cadence_test, orders, refunds):
    """A loss per customer from a test drawn by lot, the reason for it, and a decision."""
    worth = worth_by_arm(cadence_test, orders, refunds)
    return worth[2] - worth[4]


@cadence_memo.mistake("TOTAL_VS_NET", repair="What do those who left have to say about clicks?")
def _(message_sends, cadence_test, orders, refunds):
    """Your first line carries the rise in clicks. It is true and decides nothing: the customers who left cannot click."""
    clicks, left = clicks_by_arm(message_sends, cadence_test), messages(message_sends).query("cadence > 0")
    left = left.groupby("cadence")["left"].sum() / people_by_arm(cadence_test)
    return wrong(
        clicks[4] / clicks[2] - 1,
        shows={"left the list with two a month": percent(left[2]), "with four": percent(left[4])},
        cost=f"The agency's plan would have cost {yuan(four_instead_of_two(cadence_test, orders, refunds))} on the customers of the middle arm alone.",
    )


@cadence_memo.mistake(
    "MARGIN_IGNORED", repair="Does a lost order cost its price, or what it would have left?"
)
def _(cadence_test, orders, refunds):
    """Your first line carries lost revenue. What the brand loses is the margin in it."""
    lost = cadence_memo.compute(cadence_test, orders, refunds) / PLAN_MARGIN
    people = people_by_arm(cadence_test)[2]
    return wrong(
        lost,
        shows={"a yuan of net revenue": yuan(1), "left of it": yuan(PLAN_MARGIN)},
        cost=f"The memo overstates the loss by {yuan(lost * (1 - PLAN_MARGIN) * people)} on one arm; somebody in finance will notice.",
    )


@cadence_memo.mistake("NO_ACTION", repair="Which cadence, for whom, from which day?")
def _():
    """No request was found in your third line. Director Shen decides on Friday, and a report without a
    decision is filed: begin the line with what is to be done, such as keep, stop, set or approve."""
    return None


cadence_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: margin of twelve months per customer, two a month minus four a month. Line 2: the shares who left.",
    "Line 3 begins with a verb: keep, stop, set, approve; and says by when.",
)
