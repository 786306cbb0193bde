"""M09 Live commerce and the big promotion: minutes, money, hosts, baselines, preparation. Lesson: lessons/2_mid/M09_live_and_promotion.md."""

from statistics import NormalDist

import pandas as pd

from mktlib.course import exercise, per_world, prediction, unless_near, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.live import (
    audience,
    completion,
    critical_path,
    gpm,
    host_ratio,
    net_sales,
    orders_in_shows,
    promotion_lift,
    usual_sales,
)

PLAN_MARGIN = 0.42  # finance's planning figure, given in J02
NOVEMBER = ("2025-11-01", "2025-12-01")
PROMOTION, AROUND = ("2024-10-24", "2024-11-11"), ("2024-10-17", "2024-12-06")
QUIET = [("2024-08-20", "2024-09-30"), ("2024-10-08", "2024-10-16"), ("2024-12-20", "2025-01-05")]
READY = pd.Timestamp("2025-10-24")  # the presale opens in the evening of that day
SHOW_ROW = "one row of live_sessions is one show"
MINUTE_ROW = "one row of live_minutes is one minute of one show"

TASKS = pd.DataFrame(
    [
        ("budget request", 3, ""),
        ("budget approval", 6, "budget request"),
        ("articles and prices", 4, "budget request"),
        ("stock ordered and in", 24, "budget approval, articles and prices"),
        ("platform registration", 8, "articles and prices"),
        ("hosts and scripts", 7, "budget approval"),
        ("pages", 6, "articles and prices"),
        ("legal check of copy", 3, "pages"),
        ("landing page live", 4, "legal check of copy, platform registration"),
        ("rehearsal", 2, "landing page live, hosts and scripts, stock ordered and in"),
    ],
    columns=["task", "days", "after"],
)


def within(table, column, start, end):
    """Rows from `start` up to, but not including, `end`."""
    return table[table[column].between(start, end, inclusive="left")]


# ---------------------------------------------------------------- two questions from before


@exercise(
    "M09.r1",
    title="Refunds of a young week",
    kind="choice",
    practises=["R186"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "12% came back where 38% usually do: this week's buyers were served better",
        "b": "nothing yet: these orders are too young to stand beside old ones",
        "c": "the week's revenue is what was paid; refunds belong to the week in which they are recorded",
    },
)
def young_refunds():
    """A refund takes up to 15 days here. Compare orders of the same age, or wait."""
    return "b"


@young_refunds.mistake(
    "LAG_IMMATURE", repair="How old is the youngest of these orders, and how long may a refund take?"
)
def _():
    """You laid a young week beside grown ones. Most of its refunds are still on their way."""
    return wrong("a")


@young_refunds.mistake("GMV_AS_REVENUE", repair="Whose money is it, if the parcel comes back next week?")
def _():
    """You took what was paid for what stays. The parcels that come back belong to the week that sold them."""
    return wrong("c")


young_refunds.hints(
    "When is the last refund of these orders recorded?",
    "Two groups may be compared when they had the same time.",
    "The week ended four days ago; a refund may take fifteen.",
)


@exercise(
    "M09.r2",
    title="What the next yuan costs",
    kind="choice",
    practises=["R163"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "CNY 40, since that is what an order of this campaign costs",
        "b": "CNY 60, the mean of the old cost and of the last raise",
        "c": "CNY 80 or more, since that is what the last orders cost",
    },
)
def next_order():
    """The next yuan buys what the last one bought, or less: 6,000 over 75 orders."""
    return "c"


@next_order.mistake("AVG_VS_MARGINAL", repair="What did the last 6,000 buy?")
def _():
    """You took the average of all orders. The cheap ones among them are bought already; more money buys dearer ones."""
    return wrong("a")


@next_order.mistake(
    "AVG_OF_RATIOS", repair="Which of the two figures stands for orders that can still be bought?"
)
def _():
    """You averaged two prices. One of them belongs to orders that are bought already, and money cannot buy them twice."""
    return wrong("b")


next_order.hints(
    "Which orders came with the last raise?",
    "6,000 yuan more brought 75 orders more.",
    "6,000 / 75",
)


# ---------------------------------------------------------------- who was in the room


@per_world
def evening(live_sessions, live_minutes):
    """The prime show of 11 November 2025: (its row, its minutes)."""
    shows = within(live_sessions, "started_at", "2025-11-11", "2025-11-12")
    show = shows[shows["slot"] == "prime"].iloc[0]
    return show, live_minutes[live_minutes["show_id"] == show["show_id"]]


def view_price(live_sessions):
    """CNY of a bought view in November 2025."""
    shows = within(live_sessions, "started_at", *NOVEMBER)
    return shows["traffic_cost"].sum() / shows["paid_views"].sum()


@prediction(
    "M09.a",
    title="Viewers over the sum of the minutes' concurrents",
    unit="fraction",
    practises=["R163"],
    bounds=(0, 1),
    section="Who was in the room",
)
def guess_viewers(live_sessions, live_minutes):
    """Most viewers stay for several minutes, and each of these minutes counts them again."""
    _, minutes = evening(live_sessions, live_minutes)
    return minutes["new_viewers"].sum() / minutes["online"].sum()


@guess_viewers.mistake("SUM_UNIQUES", repair="In how many minutes is somebody counted who stays for five?")
def _():
    """You took the sum for people. Whoever stays for five minutes stands in it five times."""
    return 1.0


@exercise(
    "M09.1",
    title="People who saw the evening show",
    kind="number",
    unit="count",
    minutes=(3, 5),
    practises=["R163"],
    bounds=(0, None),
    section="Who was in the room",
    selfcheck={
        "grain": MINUTE_ROW,
        "numerator and denominator": "people, each counted once in the show",
        "window": "all minutes of the show",
        "filter": "the prime show of 11 November 2025 alone",
    },
)
def viewers(live_sessions, live_minutes):
    """Whoever comes for the first time is counted in that minute and never again."""
    show, minutes = evening(live_sessions, live_minutes)
    return int(audience(minutes).loc[show["show_id"], "viewers"])


@viewers.mistake("SUM_UNIQUES", repair="In how many minutes does somebody stand who stays for five?")
def _(live_sessions, live_minutes):
    """You added up the people of each minute. Whoever stays for five minutes is five people in that sum."""
    _, minutes = evening(live_sessions, live_minutes)
    right = viewers.compute(live_sessions, live_minutes)
    found, price = int(minutes["online"].sum()), view_price(live_sessions)
    return wrong(
        found,
        shows={
            "minutes added up": count(len(minutes)),
            "people in the room at most": count(minutes["online"].max()),
        },
        cost=f"The media plan would set {yuan((found - right) * price)} aside to fill the next show with people who were counted again.",
    )


@viewers.mistake("PEAK_AS_UNIQUE", repair="Were the people of the first minute still there at the peak?")
def _(live_sessions, live_minutes):
    """You took the fullest minute for the audience. A live room is a corridor: few are in it at a time, many pass through."""
    _, minutes = evening(live_sessions, live_minutes)
    found = int(minutes["online"].max())
    return wrong(
        found,
        shows={
            "in the room at the peak": count(found),
            "entries in the show's first half hour": count(minutes["entries"].head(30).sum()),
        },
        cost=f"Sales per head would look like {yuan(minutes['gmv'].sum() / found)}, and bought views at {yuan(view_price(live_sessions))} "
        "like the bargain of the year.",
    )


@viewers.mistake("SESSIONS_AS_USERS", repair="What is somebody who leaves and comes back in entries?")
def _(live_sessions, live_minutes):
    """You counted entries. Whoever leaves and comes back enters twice and is one viewer."""
    _, minutes = evening(live_sessions, live_minutes)
    return wrong(
        int(minutes["entries"].sum()),
        shows={
            "entries in the first minute": count(minutes["entries"].iloc[0]),
            "of them new": count(minutes["new_viewers"].iloc[0]),
        },
    )


@viewers.slip("filter")
def _(live_sessions, live_minutes):
    """You took all shows of the day."""
    shows = within(live_sessions, "started_at", "2025-11-11", "2025-11-12")
    return int(live_minutes[live_minutes["show_id"].isin(shows["show_id"])]["new_viewers"].sum())


viewers.hints(
    "Which column counts a person once in the whole show?",
    "Add up the people who had not been in the show before.",
    'minutes["new_viewers"].sum()',
)


# ---------------------------------------------------------------- the money that stays


@per_world
def november(live_sessions):
    return within(live_sessions, "started_at", *NOVEMBER)


@per_world
def november_money(live_sessions, orders, refunds):
    """GMV, unpaid, refunded and net of the shows of November 2025; the orders behind them."""
    sold = orders_in_shows(november(live_sessions), orders)
    return net_sales(sold, refunds), sold


@exercise(
    "M09.2",
    title="Net sales of November's shows",
    kind="number",
    unit="CNY",
    tolerance=0.002,
    minutes=(4, 7),
    practises=["R186", "R163"],
    bounds=(0, None),
    section="The money that stays",
    selfcheck={
        "grain": "one row of sold is one order placed during a show",
        "numerator and denominator": "amount of paid orders, less what was paid back for them",
        "window": "orders of November 2025; their refunds whenever they were recorded",
        "filter": "paid orders",
    },
)
def november_net(live_sessions, orders, refunds):
    """What was paid and not sent back. The live room's GMV is nearly twice that."""
    return november_money(live_sessions, orders, refunds)[0]["net"]


@november_net.mistake(
    "GMV_AS_REVENUE", repair="Which orders were paid, and which parcels stayed with the buyer?"
)
def _(live_sessions, orders, refunds):
    """You took the GMV of the show's screen. Unpaid orders and parcels that come back are in it."""
    money, sold = november_money(live_sessions, orders, refunds)
    return wrong(
        money["gmv"],
        shows={"orders placed": count(len(sold)), "of them paid": count((sold["status"] == "paid").sum())},
        cost=f"Hosts with 10% of GMV are paid {yuan(0.1 * money['unpaid'])} for orders that were never paid, and more for parcels that came back.",
    )


@november_net.mistake("LAG_IMMATURE", repair="How long after an order may its refund be recorded?")
def _(live_sessions, orders, refunds):
    """You counted the refunds of November alone. Parcels of the month's second half come back in December."""
    _, sold = november_money(live_sessions, orders, refunds)
    early = refunds[refunds["refunded_at"] < NOVEMBER[1]]
    young = net_sales(sold, early)["net"]
    late = refunds[refunds["order_id"].isin(sold["order_id"]) & (refunds["refunded_at"] >= NOVEMBER[1])]
    return wrong(
        young,
        shows={
            "refunds of these orders": count(refunds["order_id"].isin(sold["order_id"]).sum()),
            "of them recorded in December": count(len(late)),
        },
        cost=f"Hosts with 10% of net sales would be paid {yuan(0.1 * young)} at the month's end, in part for parcels on their way back.",
    )


@november_net.slip("filter")
def _(live_sessions, orders, refunds):
    """You took off the refunds and kept the unpaid orders."""
    money, _ = november_money(live_sessions, orders, refunds)
    return money["net"] + money["unpaid"]


@november_net.slip("numerator and denominator")
def _(live_sessions, orders, refunds):
    """You took what was paid, and left on it what was paid back."""
    money, _ = november_money(live_sessions, orders, refunds)
    return money["gmv"] - money["unpaid"]


november_net.hints(
    "What has to be taken off the GMV? There are two parts.",
    "Keep paid orders; subtract the refunds whose order_id is among them, whatever their date.",
    'paid["amount"].sum() - refunds.loc[refunds["order_id"].isin(paid["order_id"]), "amount"].sum()',
)


@exercise(
    "M09.3",
    title="GPM and UV value of November's shows",
    kind="table",
    unit="CNY",
    minutes=(4, 7),
    practises=["R163"],
    section="The money that stays",
    selfcheck={
        "grain": SHOW_ROW,
        "numerator and denominator": "GMV above both lines; thousands of views below GPM, viewers below UV value; sums first",
        "window": "shows that started in November 2025",
    },
)
def room_value(live_sessions):
    """One numerator, two bases, each with its name."""
    shows = november(live_sessions)
    return {"GPM": gpm(shows, "views"), "UV value": shows["gmv"].sum() / shows["viewers"].sum()}


@room_value.mistake("DEF_MISMATCH", repair="GPM is defined by the platform. Per thousand of what?")
def _(live_sessions):
    """You put viewers below GPM. The platform's benchmark is per thousand views; beside it, yours flatters the room."""
    shows, right = november(live_sessions), room_value.compute(live_sessions)
    found = gpm(shows, "viewers")
    stands_for = found * shows["views"].sum() / 1000
    return wrong(
        right | {"GPM": found},
        shows={"views": count(shows["views"].sum()), "viewers": count(shows["viewers"].sum())},
        cost=f"On November's views your GPM stands for {yuan(stands_for)} of GMV, and a part of that nobody ordered.",
    )


@room_value.mistake("AVG_OF_RATIOS", repair="How many views has a morning show, and how many an evening one?")
def _(live_sessions):
    """You averaged the shows' rates. A morning show with few views gets the vote of a full evening."""
    shows = november(live_sessions)
    found = {
        "GPM": (1000 * shows["gmv"] / shows["views"]).mean(),
        "UV value": (shows["gmv"] / shows["viewers"]).mean(),
    }
    stands_for = found["GPM"] * shows["views"].sum() / 1000
    return wrong(
        found,
        shows={
            "views of the smallest show": count(shows["views"].min()),
            "of the largest": count(shows["views"].max()),
        },
        cost=f"On November's views your GPM stands for {yuan(stands_for)} of GMV, which is not what was ordered.",
    )


@room_value.slip("window")
def _(live_sessions):
    """You took the shows of all months."""
    return {
        "GPM": gpm(live_sessions, "views"),
        "UV value": live_sessions["gmv"].sum() / live_sessions["viewers"].sum(),
    }


@room_value.slip("numerator and denominator")
def _(live_sessions):
    """You put views below both. UV value is per viewer."""
    shows = november(live_sessions)
    return {"GPM": gpm(shows, "views"), "UV value": shows["gmv"].sum() / shows["views"].sum()}


@room_value.slip("numerator and denominator")
def _(live_sessions, orders, refunds):
    """You put net sales above the lines. Both names stand for GMV."""
    shows, net = november(live_sessions), november_money(live_sessions, orders, refunds)[0]["net"]
    return {"GPM": 1000 * net / shows["views"].sum(), "UV value": net / shows["viewers"].sum()}


room_value.hints(
    "Which base belongs to which name?",
    "Sum GMV, views and viewers over the shows, then divide once each.",
    '1000 * shows["gmv"].sum() / shows["views"].sum()',
)


# ---------------------------------------------------------------- two hosts


def raw_hosts(live_sessions):
    return host_ratio(live_sessions, "A", "B")


@prediction(
    "M09.b",
    title="A show of host A over a show of host B, at equal slot and offer",
    unit="times",
    practises=["R163"],
    bounds=(0, None),
    section="Two hosts",
)
def guess_hosts(live_sessions):
    """A has the prime slots and the hero offers. Within them, little is left."""
    return host_ratio(live_sessions, "A", "B", ["slot", "offer"])


@guess_hosts.mistake("CONFOUND_SLOT", repair="Who stands before the camera at eight in the evening?")
def _(live_sessions):
    """You expected what the raw means say. They hold the slot and the offer, too."""
    return raw_hosts(live_sessions)


@exercise(
    "M09.7",
    title="Host A beside host B, like with like",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R163"],
    bounds=(0, None),
    section="Two hosts",
    selfcheck={
        "grain": SHOW_ROW,
        "numerator and denominator": "GMV of a show of A over that of B, both weighed by all shows of the two in the cell",
        "filter": "hosts A and B; cells of slot and offer in which both stood",
    },
)
def fair_hosts(live_sessions):
    """In the same slot with the same offer they sell alike: what differed was what they were given."""
    return host_ratio(live_sessions, "A", "B", ["slot", "offer"])


@fair_hosts.mistake("CONFOUND_SLOT", repair="How many of A's shows are in the evening, and how many of B's?")
def _(live_sessions):
    """You compared all shows of A with all shows of B. The roster gave A more evenings and more hero boxes."""
    prime = (live_sessions["slot"] == "prime").groupby(live_sessions["host"]).mean()
    mine = live_sessions[live_sessions["host"] == "B"]
    gain = (raw_hosts(live_sessions) - 1) * mine["gmv"].sum()
    return wrong(
        raw_hosts(live_sessions),
        shows={"A's shows in prime": percent(prime["A"], 0), "B's": percent(prime["B"], 0)},
        cost=f"A plan that gives B's shows to A books {yuan(gain)} of GMV more, which the host does not bring.",
    )


@fair_hosts.mistake("SIZE_ONLY", repair="How many shows did each of them have?")
def _(live_sessions):
    """You compared what each sold in all. Whoever has more shows sells more, without being better at it."""
    total = live_sessions.groupby("host")["gmv"].agg(["sum", "size"])
    return wrong(
        total["sum"]["A"] / total["sum"]["B"],
        shows={"shows of A": count(total["size"]["A"]), "shows of B": count(total["size"]["B"])},
    )


@fair_hosts.slip("filter")
def _(live_sessions):
    """You compared within the slot, with hero boxes and ordinary offers together."""
    return unless_near(host_ratio(live_sessions, "A", "B", ["slot"]), fair_hosts.compute(live_sessions))


@fair_hosts.slip("filter")
def _(live_sessions):
    """You compared within the offer, with all slots of the day together."""
    return unless_near(host_ratio(live_sessions, "A", "B", ["offer"]), fair_hosts.compute(live_sessions))


fair_hosts.hints(
    "Which two things does the roster decide, and not the host?",
    "Make cells of slot and offer, take each host's mean in them, and weigh both hosts' means by the same number of shows.",
    '(cells["mean"]["A"] * weight).sum() / (cells["mean"]["B"] * weight).sum()',
)


# ---------------------------------------------------------------- what the promotion added


@per_world
def daily(orders):
    """Paid amount by day, all three years."""
    paid = orders[orders["status"] == "paid"]
    return paid.groupby(paid["ordered_at"].dt.normalize())["amount"].sum()


@per_world
def double_11(orders):
    """(lift of Double 11 2024, sales around it, usual sales)."""
    sales = daily(orders).loc["2024-08-20":"2025-02-10"]
    usual = usual_sales(sales, QUIET)
    return promotion_lift(sales, usual, PROMOTION, AROUND), sales, usual


@exercise(
    "M09.4",
    title="Lift of Double 11 2024 on its own days",
    kind="number",
    unit="fraction",
    minutes=(3, 6),
    practises=["R167", "R166"],
    section="What would these days have sold?",
    selfcheck={
        "grain": "one entry of sales is the paid amount of one day",
        "numerator and denominator": "sales beyond usual, over usual, both summed first",
        "window": "24 October to 11 November 2024",
    },
)
def gross_lift(orders):
    """Against what these nineteen days would have sold, weekday by weekday: the gross lift."""
    return double_11(orders)[0]["gross_lift"]


@gross_lift.mistake("PROMO_BASE", repair="Was the week from 29 October an ordinary week?")
def _(orders):
    """You held the last week of the promotion against the week before. That week was in the promotion, too, and people waited."""
    _, sales, usual = double_11(orders)
    last, before = sales["2024-11-05":"2024-11-11"].sum(), sales["2024-10-29":"2024-11-04"].sum()
    promised = (last / before - 1) * usual["2024-10-24":"2024-11-11"].sum()
    return wrong(
        last / before - 1,
        shows={"days of your base that lie in the promotion": "7 of 7", "days of the promotion": "19"},
        cost=f"As the lift of nineteen days it promises {yuan(promised)} of extra sales: {yuan(PLAN_MARGIN * promised)} of margin "
        "to pay a campaign from, a good part of which never came.",
    )


@gross_lift.mistake("NO_CONTROL", repair="How much did a quiet week of September grow over the year before?")
def _(orders):
    """You held it against last year's Double 11. That had the promotion as well: what you see is a year of growth."""
    _, _, usual = double_11(orders)
    every = daily(orders)
    found = every["2024-10-24":"2024-11-11"].sum() / every["2023-10-24":"2023-11-11"].sum() - 1
    september = every["2024-09"].sum() / every["2023-09"].sum() - 1
    return wrong(
        found,
        shows={
            "September over September, without a promotion": percent(september, 0),
            "your lift": percent(found, 0),
        },
        cost=f"As a lift of these days it promises {yuan(found * usual['2024-10-24':'2024-11-11'].sum())} of extra sales, in part for what growth brought.",
    )


@gross_lift.slip("window")
def _(orders):
    """You took the three peak days alone."""
    _, sales, usual = double_11(orders)
    return sales["2024-11-09":"2024-11-11"].sum() / usual["2024-11-09":"2024-11-11"].sum() - 1


@gross_lift.slip("numerator and denominator")
def _(orders):
    """You held the nineteen days against the nineteen before, which know neither the trend nor these weekdays."""
    _, sales, _ = double_11(orders)
    return sales["2024-10-24":"2024-11-11"].sum() / sales["2024-10-05":"2024-10-23"].sum() - 1


@gross_lift.slip("numerator and denominator")
def _(orders):
    """You divided by the sales of these days. A lift is told over what they would have sold, usual."""
    lift, sales, _ = double_11(orders)
    return lift["during"] / sales["2024-10-24":"2024-11-11"].sum()


@gross_lift.slip("numerator and denominator")
def _(orders):
    """You gave sales over usual. A lift is what lies beyond usual: the one is still in your number."""
    return 1 + double_11(orders)[0]["gross_lift"]


@gross_lift.slip("window")
def _(orders):
    """You took the weeks before and after, too. Here the promotion's own days are asked for."""
    lift, _, usual = double_11(orders)
    return lift["net"] / usual["2024-10-17":"2024-12-06"].sum()


gross_lift.hints(
    "What would these nineteen days have sold without a promotion?",
    "Sum sales and usual over the same nineteen days, then divide once.",
    "sales[promotion].sum() / usual[promotion].sum() - 1",
)


@prediction(
    "M09.c",
    title="Lift of Double 11 2024 with the days before and after counted in",
    unit="fraction",
    practises=["R166"],
    bounds=(-1, None),
    section="Before and after",
)
def guess_net(orders):
    """Families buy diapers once. What they stored on the eleventh they did not buy in the weeks after."""
    return double_11(orders)[0]["net_lift"]


@guess_net.mistake("PULL_FORWARD", repair="What do sales do once the cupboards are full?")
def _(orders):
    """You expected the gross lift to stay. Part of it was fetched from the weeks after."""
    return double_11(orders)[0]["gross_lift"]


@exercise(
    "M09.5",
    title="Net lift of Double 11 2024",
    kind="number",
    unit="fraction",
    minutes=(4, 8),
    practises=["R166", "R167"],
    section="Before and after",
    selfcheck={
        "grain": "one entry of sales is the paid amount of one day",
        "numerator and denominator": "sales beyond usual of all days around, over usual sales of the promotion's days",
        "window": "above the line 17 October to 6 December 2024, below it 24 October to 11 November",
    },
)
def net_lift(orders):
    """The days on which people waited and the weeks with full cupboards belong to the promotion."""
    return double_11(orders)[0]["net_lift"]


def missed_after(lift):
    return f"In the weeks after it {yuan(PLAN_MARGIN * abs(lift['after']))} of margin are missing, and your number spends them on the next promotion."


@net_lift.mistake("PULL_FORWARD", repair="How do the four weeks after the promotion lie against usual?")
def _(orders):
    """You counted the promotion's own days. What people stored there was missing in the weeks after."""
    lift, _, _ = double_11(orders)
    return wrong(
        lift["gross_lift"],
        shows={
            "beyond usual on the promotion's days": yuan(lift["during"]),
            "beyond usual after them": yuan(lift["after"]),
        },
        cost=missed_after(lift),
    )


@net_lift.mistake("INCOMPLETE_PERIOD", repair="How long does a family need for a stock of diapers?")
def _(orders):
    """You stopped a week after the promotion. The cupboards are not empty by then, and the dip goes on."""
    lift, sales, usual = double_11(orders)
    extra = (sales - usual)["2024-10-17":"2024-11-18"].sum()
    dip = (sales - usual)["2024-11-19":"2024-12-06"].sum() / lift["after"]
    return wrong(
        extra / usual["2024-10-24":"2024-11-11"].sum(),
        shows={
            "sales of 19 November to 6 December": yuan(sales["2024-11-19":"2024-12-06"].sum()),
            "usual for these days": yuan(usual["2024-11-19":"2024-12-06"].sum()),
        },
        cost=f"When the review is closed, {percent(dip, 0)} of the dip after the promotion is still to come.",
    )


@net_lift.mistake(
    "WRONG_DENOM", repair="Is the lift asked per yuan of the promotion's days, or of seven weeks?"
)
def _(orders):
    """You divided by usual sales of all seven weeks. Beside the gross lift that compares two denominators, and not two answers."""
    lift, _, usual = double_11(orders)
    return wrong(
        lift["net"] / usual["2024-10-17":"2024-12-06"].sum(),
        shows={"days of the promotion": "19", "days in your denominator": "51"},
    )


@net_lift.slip("window")
def _(orders):
    """You began on 24 October and left out the week before, in which people may have waited."""
    lift, _, usual = double_11(orders)
    found = (lift["during"] + lift["after"]) / usual["2024-10-24":"2024-11-11"].sum()
    return unless_near(found, lift["net_lift"])


@net_lift.slip("numerator and denominator")
def _(orders):
    """You gave the part of the promotion's extra sales that is left. Asked for is what is left over usual sales of its days."""
    lift, _, _ = double_11(orders)
    return unless_near(lift["net"] / lift["during"], lift["gross_lift"], within=0.02)


net_lift.hints(
    "Which days belong to the promotion although it did not run on them?",
    "Add up sales less usual from 17 October to 6 December; divide by usual of the nineteen days.",
    "(sales - usual)[around].sum() / usual[promotion].sum()",
)


# ---------------------------------------------------------------- a holiday that moves


@per_world
def new_year(orders, calendar):
    """Paid amount of 2024 and 2025 by days from New Year, and by day."""
    sales = daily(orders)
    days = calendar.set_index("date")["cny_offset"].reindex(sales.index)
    near = sales[days.between(-21, 28)]
    return near.groupby(near.index.year).sum(), sales


@exercise(
    "M09.11",
    title="Growth over New Year, 2025 over 2024",
    kind="number",
    unit="fraction",
    minutes=(3, 6),
    practises=["R167", "R017"],
    section="A holiday that moves",
    selfcheck={
        "grain": "one entry of sales is the paid amount of one day",
        "numerator and denominator": "sales of 2025 over those of 2024, minus one",
        "window": "from 21 days before to 28 days after each year's New Year's day, both included",
    },
)
def aligned_growth(orders, calendar):
    """The same distance from the feast in both years: fifty days beside fifty days that mean the same."""
    years, _ = new_year(orders, calendar)
    return years[2025] / years[2024] - 1


@aligned_growth.mistake(
    "HOLIDAY_FIXED_MONTH", repair="In which month did New Year fall in 2024, and in which in 2025?"
)
def _(orders, calendar):
    """You compared January with January. In 2025 couriers rested at its end; in 2024 it was the month of stocking up."""
    _, sales = new_year(orders, calendar)
    found = sales["2025-01"].sum() / sales["2024-01"].sum() - 1
    planned = (1 + found) * sales["2024-03":"2024-05"].sum()
    return wrong(
        found,
        shows={
            "2025 over 2024, January": percent(found, 0),
            "February, the same way": percent(sales["2025-02"].sum() / sales["2024-02"].sum() - 1, 0),
        },
        cost=f"A plan for March to May with your growth buys stock for {yuan(planned)} of sales, on a rate that the calendar made.",
    )


@aligned_growth.mistake(
    "WINDOW_MISMATCH", repair="Which of the two windows holds the weeks in which couriers rest?"
)
def _(orders, calendar):
    """You took 2025's dates for both years. In 2024 these dates hold more of the good days before the feast or after it."""
    _, sales = new_year(orders, calendar)
    found = sales["2025-01-08":"2025-02-26"].sum() / sales["2024-01-08":"2024-02-26"].sum() - 1
    planned = (1 + found) * sales["2024-03":"2024-05"].sum()
    return wrong(
        found,
        shows={"days before New Year in 2025's window": "21", "in the same dates of 2024": "33"},
        cost=f"A plan for March to May with your growth buys stock for {yuan(planned)} of sales, on two windows that are not alike.",
    )


@aligned_growth.slip("window")
def _(orders, calendar):
    """You compared February with February. In 2024 it held the feast, in 2025 the weeks after it."""
    _, sales = new_year(orders, calendar)
    return sales["2025-02"].sum() / sales["2024-02"].sum() - 1


@aligned_growth.slip("window")
def _(orders, calendar):
    """You compared January and February together. Both years have the feast in them, and not as many days before it and after it."""
    _, sales = new_year(orders, calendar)
    return sales["2025-01":"2025-02"].sum() / sales["2024-01":"2024-02"].sum() - 1


aligned_growth.hints(
    "What does the column cny_offset of the calendar count?",
    "Keep days with cny_offset from -21 to 28 and sum them by year.",
    "near.groupby(near.index.year).sum()",
)


# ---------------------------------------------------------------- deposits


@per_world
def deposits(presale):
    return completion(presale)


@exercise(
    "M09.6",
    title="What the presale of 2025 will bring",
    kind="number",
    unit="CNY",
    tolerance=0.002,
    minutes=(3, 6),
    practises=["R166"],
    bounds=(0, None),
    section="A deposit is not a sale",
    selfcheck={
        "grain": "one row of presale is one deposit",
        "numerator and denominator": "price of 2025's deposits, times the share of 2024's price that was paid",
        "window": "the rate is 2024's: on 8 November 2025 no balance has been paid",
    },
)
def presale_forecast(presale):
    """The price on order times the share of yuan that last year's balances brought."""
    table = deposits(presale)
    return table.loc[2025, "price"] * table.loc[2024, "price_rate"]


@presale_forecast.mistake(
    "FUNNEL_AS_SURE", repair="Which share of last year's deposits was never followed by the balance?"
)
def _(presale):
    """You took each deposit for a sale. A deposit is a step of a funnel, and people leave at it as at any other."""
    table = deposits(presale)
    return wrong(
        table.loc[2025, "price"],
        shows={
            "deposits of 2024": count(table.loc[2024, "deposits"]),
            "of them with a balance": count(table.loc[2024, "paid"]),
        },
        cost=f"By the same rule, {yuan(table.loc[2024, 'price'] - table.loc[2024, 'completed'])} of last year's stock was ordered for nobody.",
    )


@presale_forecast.mistake("PARTIAL_FUNNEL", repair="What is still to be paid when the balance is due?")
def _(presale):
    """You counted the deposits. They are the smaller part of the price; the balance comes on top where it comes."""
    rows = presale[presale["deposited_at"].dt.year == 2025]
    return wrong(
        rows["deposit"].sum(),
        shows={
            "deposit of the first row": yuan(rows["deposit"].iloc[0]),
            "its price": yuan(rows["price"].iloc[0]),
        },
        cost=f"Stock for {yuan(rows['deposit'].sum())} is {percent(rows['deposit'].sum() / rows['price'].sum(), 0)} of what buyers chose; "
        "most of those who pay would find none.",
    )


@presale_forecast.slip("numerator and denominator")
def _(presale):
    """You used the share of deposits that were completed, not that of their price. Dear boxes are completed at another rate than cheap ones."""
    table = deposits(presale)
    return unless_near(table.loc[2025, "price"] * table.loc[2024, "rate"], presale_forecast.compute(presale))


@presale_forecast.slip("numerator and denominator")
def _(presale):
    """You forecast the balances alone. Whoever pays the balance has paid the deposit as well."""
    rows = presale[presale["deposited_at"].dt.year == 2025]
    return rows["balance"].sum() * deposits(presale).loc[2024, "price_rate"]


@presale_forecast.slip("numerator and denominator")
def _(presale):
    """You added up all balances of 2025, as if each were paid, and left out the deposits."""
    rows = presale[presale["deposited_at"].dt.year == 2025]
    table, right = deposits(presale), presale_forecast.compute(presale)
    by_count = table.loc[2025, "price"] * table.loc[2024, "rate"]
    return unless_near(rows["balance"].sum(), right, by_count, within=0.003)


presale_forecast.hints(
    "Which share of last year's price was paid in the end?",
    "The price of completed deposits over the price of all, in 2024; times the price of 2025's deposits.",
    'last["price"][last["balance_paid"]].sum() / last["price"].sum() * this["price"].sum()',
)


def unpaid_range(share, before, now, known=False):
    """95% range for how many of `now` deposits stay unpaid, when `share` of `before` did."""
    error = (share * (1 - share) * (1 / now + (0 if known else 1 / before))) ** 0.5
    return {"low": now * (share - 1.96 * error), "high": now * (share + 1.96 * error)}


@exercise(
    "M09.12",
    title="How many deposits will stay without a balance: a range",
    kind="table",
    unit="times",
    minutes=(4, 7),
    practises=["R017", "R166"],
    section="A deposit is not a sale",
    selfcheck={
        "grain": "one row of presale is one deposit",
        "numerator and denominator": "deposits without a balance, over deposits, of 2024; its error from both years' numbers",
        "window": "rate of 2024, deposits of 2025",
    },
)
def unpaid_deposits(presale):
    """Two dice are thrown: last year's, which made the rate that you know, and this year's."""
    table = deposits(presale)
    return unpaid_range(1 - table.loc[2024, "rate"], table.loc[2024, "deposits"], table.loc[2025, "deposits"])


@unpaid_deposits.mistake(
    "POINT_ONLY", repair="Would you bet that the number of the evening is exactly this one?"
)
def _(presale):
    """Your two ends are one number, or nearly so. A warehouse that plans for one number is wrong on every evening but one."""
    table = deposits(presale)
    point = (1 - table.loc[2024, "rate"]) * table.loc[2025, "deposits"]
    price = table.loc[2025, "price"] / table.loc[2025, "deposits"]
    return wrong(
        {"low": point, "high": point},
        shows={"deposits to come": count(table.loc[2025, "deposits"]), "your number of them": count(point)},
        cost=f"In about every second year more parcels stay than you planned for, at {yuan(price)} each.",
    )


@unpaid_deposits.mistake("HIST_AS_FUTURE", repair="From how many deposits do you know last year's rate?")
def _(presale):
    """Your range is as narrow as if last year's rate were known without error, or narrower. It was counted on fewer deposits than the
    year you forecast."""
    table = deposits(presale)
    found = unpaid_range(
        1 - table.loc[2024, "rate"], table.loc[2024, "deposits"], table.loc[2025, "deposits"], known=True
    )
    before, now = table.loc[2024, "deposits"], table.loc[2025, "deposits"]
    beyond = 1 - NormalDist().cdf(1.96 * (before / (before + now)) ** 0.5)
    return wrong(
        found,
        shows={
            "deposits behind the rate": count(table.loc[2024, "deposits"]),
            "deposits to come": count(table.loc[2025, "deposits"]),
        },
        cost=f"In at least {percent(beyond, 0)} of such years more goods stay than your upper end reserves for; a range of 95% allows 2.5%.",
    )


def unpaid_at(presale, share, now):
    return unpaid_range(share, deposits(presale).loc[2024, "deposits"], now)


@unpaid_deposits.slip("numerator and denominator")
def _(presale):
    """You gave the deposits that will be completed. Asked for are those that stay without a balance."""
    table = deposits(presale)
    return unpaid_at(presale, table.loc[2024, "rate"], table.loc[2025, "deposits"])


@unpaid_deposits.slip("numerator and denominator")
def _(presale):
    """You gave the range of the share. The warehouse asks for a number of deposits."""
    table = deposits(presale)
    found = unpaid_at(presale, 1 - table.loc[2024, "rate"], table.loc[2025, "deposits"])
    return {end: value / table.loc[2025, "deposits"] for end, value in found.items()}


@unpaid_deposits.slip("numerator and denominator")
def _(presale):
    """You took the share of last year's price that was not completed. Parcels are counted, so deposits are."""
    table = deposits(presale)
    return unpaid_at(presale, 1 - table.loc[2024, "price_rate"], table.loc[2025, "deposits"])


unpaid_deposits.hints(
    "Which two numbers of deposits does the error depend on?",
    "Standard error: the root of share x (1 - share) x (1 / deposits of 2024 + 1 / deposits of 2025); the range is 1.96 of it.",
    "now * (share - 1.96 * error), now * (share + 1.96 * error)",
)


# ---------------------------------------------------------------- preparation


def dates(length):
    return {"days": length, "begin on": f"{READY - pd.Timedelta(days=length):%Y-%m-%d}"}


@exercise(
    "M09.13",
    title="The critical path of the preparation",
    kind="table",
    unit={"days": "count", "begin on": "date", "start pages by": "date"},
    minutes=(5, 9),
    points=2,
    practises=["R019", "R017"],
    section="Before it begins",
    selfcheck={
        "grain": "one row of tasks is one task; days are elapsed calendar days",
        "numerator and denominator": "the longest chain of tasks that wait for each other",
        "window": "all is ready when 24 October 2025 begins; a task of n days that must end then starts n days before",
    },
)
def path():
    """The chain through the stock order decides. All else has slack, which is where help can be taken from."""
    plan = critical_path(TASKS)
    length = int(plan["end"].max())
    latest = plan.loc["pages", "start"] + plan.loc["pages", "slack"]
    start = READY - pd.Timedelta(days=length - int(latest))
    return dates(length) | {"start pages by": f"{start:%Y-%m-%d}"}


def late_deposits(presale, days):
    """Price of the deposits of 2025's first `days` days that became orders, CNY."""
    rows = presale[(presale["deposited_at"].dt.year == 2025) & presale["balance_paid"]]
    return rows.loc[rows["deposited_at"] < READY + pd.Timedelta(days=days), "price"].sum()


@path.mistake("OPEN_FUNNEL", repair="Can the stock be ordered before the budget is approved?")
def _(presale):
    """You took the longest task for the plan. Tasks wait for each other; a task's days begin when the last one before it ends."""
    longest = int(TASKS["days"].max())
    return wrong(
        path.compute() | dates(longest),
        shows={
            "tasks before the stock order may go out": "3",
            "days of the longest task alone": str(longest),
        },
        cost=f"The presale opens late; in 2025 its first three days alone brought orders of {yuan(late_deposits(presale, 3))}.",
    )


@path.mistake("CAPACITY_BLIND", repair="Who works on the pages while the budget is being approved?")
def _():
    """You put all tasks one behind another. Different people do them, and a chain is only as long as the waits in it."""
    total = int(TASKS["days"].sum())
    return wrong(
        path.compute() | dates(total),
        shows={"tasks": count(len(TASKS)), "of them with nothing to wait for but the budget request": "2"},
    )


@path.slip("window")
def _():
    """You gave the pages the first day on which they can start. Asked for is the last one."""
    plan = critical_path(TASKS)
    early = READY - pd.Timedelta(days=int(plan["end"].max() - plan.loc["pages", "start"]))
    return path.compute() | {"start pages by": f"{early:%Y-%m-%d}"}


@path.slip("window")
def _():
    """You gave the day on which the pages must be ready. Asked for is the last day on which they can start."""
    plan = critical_path(TASKS)
    ready = plan.loc["pages", "end"] + plan.loc["pages", "slack"]
    day = READY - pd.Timedelta(days=int(plan["end"].max() - ready))
    return path.compute() | {"start pages by": f"{day:%Y-%m-%d}"}


@path.slip("numerator and denominator")
def _():
    """You ended the plan when the stock is in. The rehearsal waits for the stock."""
    return path.compute() | dates(int(critical_path(TASKS).loc["stock ordered and in", "end"]))


path.hints(
    "Which task has to be finished before the rehearsal, and starts last?",
    "Forward: a task starts when the latest of those before it ends. Backward from 24 October: it must end before the earliest start of those behind it.",
    "end = max(end of all before) + days; the plan's length is the largest end",
)


# ---------------------------------------------------------------- four platforms, one crowd


@per_world
def seen_618(touchpoints):
    """Ads seen or clicked on the four feed platforms, 26 May to 18 June 2025."""
    rows = within(touchpoints, "touch_at", "2025-05-26", "2025-06-19")
    return rows[rows["channel"] == "feed ads"]


@exercise(
    "M09.16",
    title="People whom 618 reached on four platforms",
    kind="number",
    unit="count",
    minutes=(3, 6),
    practises=["R045"],
    bounds=(0, None),
    section="Four platforms, one crowd",
    selfcheck={
        "grain": "one row of touchpoints is one touch; weight says for how many browsers the row's browser stands",
        "numerator and denominator": "browsers, each counted once over all four platforms, with their weight",
        "window": "26 May to 18 June 2025",
        "filter": "channel feed ads",
    },
)
def reach(touchpoints):
    """A browser that saw us on two platforms is one browser, and stands in the sum once."""
    return int(seen_618(touchpoints).drop_duplicates("visitor_id")["weight"].sum())


@reach.mistake(
    "SUM_UNIQUES", repair="In how many platforms' reach does a browser stand that saw us on two of them?"
)
def _(touchpoints):
    """You added up the platforms' reach. Each counts its browsers once, and a browser on two platforms is counted twice."""
    rows = seen_618(touchpoints).drop_duplicates(["visitor_id", "campaign_group"])
    found = int(rows["weight"].sum())
    both = rows["visitor_id"].value_counts()
    return wrong(
        found,
        shows={
            "browsers of the table on one platform": count((both == 1).sum()),
            "on two or more": count((both > 1).sum()),
        },
        cost=f"At CNY 2 a sample, {yuan(2 * found)} would be ordered, in part for browsers that were counted already.",
    )


@reach.mistake("ROWS_AS_PEOPLE", repair="How many rows has a browser that saw the ad on five evenings?")
def _(touchpoints):
    """You added up the weights of all touches. A touch is one look, and many looked more than once."""
    found = int(seen_618(touchpoints)["weight"].sum())
    return wrong(
        found,
        shows={
            "rows": count(len(seen_618(touchpoints))),
            "different browsers in them": count(seen_618(touchpoints)["visitor_id"].nunique()),
        },
        cost=f"At CNY 2 a sample, {yuan(2 * found)} would be ordered: a sample for every look.",
    )


@reach.slip("grain")
def _(touchpoints):
    """You counted the browsers of the table, each as one; some stand for twelve."""
    return int(seen_618(touchpoints)["visitor_id"].nunique())


@reach.slip("filter")
def _(touchpoints):
    """You took the largest platform alone."""
    rows = seen_618(touchpoints).drop_duplicates(["visitor_id", "campaign_group"])
    return int(rows.groupby("campaign_group")["weight"].sum().max())


@reach.slip("filter")
def _(touchpoints):
    """You counted the browsers of all channels, search and mail included."""
    rows = within(touchpoints, "touch_at", "2025-05-26", "2025-06-19")
    return int(rows.drop_duplicates("visitor_id")["weight"].sum())


reach.hints(
    "What makes two rows the same browser?",
    "Keep one row a browser over all four platforms, then add up the weights.",
    'seen.drop_duplicates("visitor_id")["weight"].sum()',
)


# ---------------------------------------------------------------- the war room

DRILL = ("2025-11-11 20:00", "2025-11-11 23:00")


def own_orders(orders):
    return orders[(orders["store"] == "own") & (orders["status"] == "paid")]


def own_basket(orders):
    """Mean amount of a paid own-shop order on 11 November 2025, CNY."""
    rows = within(own_orders(orders), "ordered_at", "2025-11-11", "2025-11-12")
    return rows["amount"].mean()


@exercise(
    "M09.14",
    title="Orders at stake in three hours without a page",
    kind="number",
    unit="count",
    minutes=(3, 6),
    practises=["R020"],
    bounds=(0, None),
    section="The war room",
    selfcheck={
        "grain": "one row of orders is one order",
        "window": "11 November 2025, 20:00 up to, but not including, 23:00",
        "filter": "paid orders of the own shop, whose page it is",
    },
)
def orders_at_stake(orders):
    """These hours of this evening: a peak hour holds far more than a twenty-fourth of its day."""
    return len(within(own_orders(orders), "ordered_at", *DRILL))


@orders_at_stake.mistake("PACING_LINEAR", repair="When do parents of small children shop?")
def _(orders):
    """You took three of twenty-four hours of the day. Orders come in the evening, on the eleventh most of all."""
    day = within(own_orders(orders), "ordered_at", "2025-11-11", "2025-11-12")
    morning = (day["ordered_at"].dt.hour < 8).sum()
    found = round(len(day) * 3 / 24)
    return wrong(
        found,
        shows={"orders of the day before 8:00": count(morning), "orders of the day": count(len(day))},
        cost=f"The case for an engineer on call is made with {yuan(found * own_basket(orders))} an evening, which is too little, and is turned down.",
    )


@orders_at_stake.mistake("ALERT_NO_BASELINE", repair="Was Tuesday 4 November a peak day?")
def _(orders):
    """You took the same hours of the week before. A limit for an ordinary Tuesday says nothing about this one."""
    rows = within(own_orders(orders), "ordered_at", "2025-11-04 20:00", "2025-11-04 23:00")
    found = len(rows)
    return wrong(
        found,
        shows={
            "visits are planned at, on peak days, times a usual day": "2 to 3",
            "your base": "Tuesday 4 November",
        },
        cost=f"The case for an engineer on call is made with {yuan(found * own_basket(orders))}, an ordinary evening's orders.",
    )


@orders_at_stake.slip("filter")
def _(orders):
    """You counted all stores. Tmall, JD and the live room have pages of their own."""
    return len(within(orders[orders["status"] == "paid"], "ordered_at", *DRILL))


@orders_at_stake.slip("filter")
def _(orders):
    """You counted orders that were never paid, too."""
    return len(within(orders[orders["store"] == "own"], "ordered_at", *DRILL))


@orders_at_stake.slip("window")
def _(orders):
    """You counted the hour from 23:00 on as well: four hours."""
    return len(within(own_orders(orders), "ordered_at", DRILL[0], "2025-11-12"))


@orders_at_stake.slip("window")
def _(orders):
    """You took half of the six hours from 18:00. The three hours of the drill can be counted themselves."""
    return len(within(own_orders(orders), "ordered_at", "2025-11-11 18:00", "2025-11-12")) / 2


orders_at_stake.hints(
    "Which shop's page is it, and which hours?",
    "Paid orders of store own, ordered_at from 20:00 up to 23:00 of that day.",
    'own["ordered_at"].between("2025-11-11 20:00", "2025-11-11 23:00", inclusive="left").sum()',
)


@exercise(
    "M09.15",
    title="What to do first when the page answers 404",
    kind="parsons",
    minutes=(3, 6),
    practises=["R020"],
    section="The war room",
    lines={
        "a": "open the page on a phone: confirm the 404, write down the minute",
        "b": "pause the ads that lead to it, and redirect the address to the product page",
        "c": "place a test order on the product page",
        "d": "tell service, hosts and the director in one message: what, since when, next news at",
        "e": "start the ads again and watch orders a minute for a quarter of an hour",
        "f": "repair the link and tell nobody, so that the team stays calm",
        "g": "raise the bids until the lost orders are made up for",
    },
)
def incident():
    """Confirm, stop the loss, tell, prove that it works, restart. The record of the minute makes the retro."""
    return ["a b d c e", "a b c d e", "a d b c e"]


@incident.mistake("SILENT_FIX", repair="What does service tell the buyers who write in these minutes?")
def _():
    """You repair in silence. Buyers write to service within the minute, and the host is still sending people to the page."""
    return wrong("f")


@incident.mistake("AVG_VS_MARGINAL", repair="What does a click cost at nine in the evening of the eleventh?")
def _(budget, orders):
    """You buy the lost orders back at the price of the average one. The next click of the dearest hour costs more, and the
    buyers who met a 404 are not among those who see it."""
    spent = budget[(budget["item"] == "media") & (budget["date"] == "2025-11-11")]["spent"].sum()
    mean = (
        budget[(budget["item"] == "media") & budget["date"].between("2025-10-01", "2025-10-20")]
        .groupby("date")["spent"]
        .sum()
        .mean()
    )
    return wrong(
        "g",
        shows={"media of an ordinary October day": yuan(mean), "media of 11 November": yuan(spent)},
        cost=f"{yuan(spent)} are being spent that day already; whatever is put on top buys the last and dearest clicks of the year.",
    )


incident.hints(
    "What may be a false alarm, and how do you find out?",
    "Confirm; stop the loss and tell; test; restart.",
    "Five of the seven lines are needed. Ads start again only after a test order went through.",
)


# ---------------------------------------------------------------- the retro


@exercise(
    "M09.8",
    title="A retro that somebody can act on",
    kind="choice",
    minutes=(3, 5),
    practises=["R023", "R167"],
    section="The retro",
    options={
        "a": "Goal CNY 90,000 of GMV, missed. Cause: the lead-in brought too little traffic. The team will try harder for more exposure at the next promotion.",
        "b": "Goal CNY 90,000 of GMV, missed. Views rose over last year and GMV with them, so views were no bottleneck that we can show. Keep the roster of peak days, stop setting GMV as the goal, start a goal in net sales; test the lead-in on alternate evenings before 12.12, Qiao reports on 20 December.",
        "c": "GMV of the peak days is several times that of ordinary days, so the promotion worked. Keep everything; start a week earlier next year, since each day of promotion adds as much.",
    },
)
def retro(live_sessions):
    """Goal, result, cause with what speaks for and against it, and what is kept, stopped and started, by whom and when."""
    views = peak_views(live_sessions)
    return "b" if views[2025] > views[2024] else "a"


def peak_views(live_sessions, column="views"):
    """A column of the shows of 9 to 11 November, by year."""
    day = live_sessions["started_at"].dt.strftime("%m-%d")
    rows = live_sessions[day.between("11-09", "11-11")]
    return rows.groupby(rows["started_at"].dt.year)[column].sum()


@retro.mistake("NO_ACTION", repair="Who does what differently on Monday, because of this record?")
def _(live_sessions):
    """You took a record that blames and asks for nothing. Its cause was not held against anything: views were more than a year
    before, and nobody says what GMV another thousand would have brought."""
    views, price = peak_views(live_sessions), view_price(live_sessions)
    return wrong(
        "a",
        shows={"views of the peak days, 2024": count(views[2024]), "2025": count(views[2025])},
        cost=f"As many views on top as the year brought would cost {yuan((views[2025] - views[2024]) * price)}, on a cause that nobody tested.",
    )


@retro.mistake("PULL_FORWARD", repair="What did the weeks after the promotion sell?")
def _(live_sessions, orders):
    """You took the gross rise for what was added. A week more of promotion takes more from the weeks after it."""
    lift, _, _ = double_11(orders)
    return wrong(
        "c",
        shows={
            "beyond usual on the promotion's days of 2024": yuan(lift["during"]),
            "after them": yuan(lift["after"]),
        },
        cost=f"A week more is planned on {yuan(lift['during'] / 19 * 7)} of extra sales; in 2024 {percent(1 - lift['net'] / lift['during'], 0)} of such extras were taken from other days.",
    )


retro.hints(
    "Which record names a cause that something was held against?",
    "A retro ends with keep, stop and start, a name and a date.",
    "Two of the three records would be the same, had nobody looked at the data.",
)


# ---------------------------------------------------------------- mixed case, memo


def traffic(live_sessions):
    return november(live_sessions)["traffic_cost"].sum()


@exercise(
    "M09.9",
    title="What a yuan of live traffic left in November",
    kind="number",
    unit="fraction",
    tolerance=0.003,
    minutes=(4, 8),
    points=2,
    practises=["R163", "R186"],
    bounds=(-1, None),
    section="Mixed case: double the traffic?",
    selfcheck={
        "grain": "one row of sold is one order placed during a show",
        "numerator and denominator": "net sales x 0.42 - traffic cost, per yuan of traffic cost",
        "window": "shows of November 2025; their refunds whenever they were recorded",
    },
)
def traffic_roi(live_sessions, orders, refunds):
    """Paid, kept, less goods and shipping, less the views. Even so it flatters: part of these orders would have come without them."""
    net = november_money(live_sessions, orders, refunds)[0]["net"]
    return (PLAN_MARGIN * net - traffic(live_sessions)) / traffic(live_sessions)


@traffic_roi.mistake("ROAS_AS_ROI", repair="Can your figure ever be negative?")
def _(live_sessions, orders, refunds):
    """You divided GMV by cost. That is the room's screen, which cannot show a loss."""
    money, cost = november_money(live_sessions, orders, refunds)[0], traffic(live_sessions)
    return wrong(
        money["gmv"] / cost,
        shows={"GMV": yuan(money["gmv"]), "of it paid and kept": yuan(money["net"])},
        cost=f"Read as a profit it doubles the {yuan(cost)} of November's traffic, whatever they left.",
    )


@traffic_roi.mistake("MARGIN_IGNORED", repair="Who pays for the boxes in the parcels?")
def _(live_sessions, orders, refunds):
    """You took net sales for profit. Goods and shipping were paid from them before a yuan was left for views."""
    money, cost = november_money(live_sessions, orders, refunds)[0], traffic(live_sessions)
    return wrong(
        (money["net"] - cost) / cost,
        shows={
            "net sales": yuan(money["net"]),
            "of each yuan to goods and shipping": f"{100 * (1 - PLAN_MARGIN):.0f} fen",
        },
        cost=f"Another {yuan(cost)} of traffic would be paid from money that goods and shipping have had already.",
    )


@traffic_roi.mistake("GMV_AS_REVENUE", repair="Does an unpaid order leave a margin?")
def _(live_sessions, orders, refunds):
    """You took the margin of GMV. Unpaid orders leave none, and parcels that come back take it along."""
    money, cost = november_money(live_sessions, orders, refunds)[0], traffic(live_sessions)
    return wrong(
        (PLAN_MARGIN * money["gmv"] - cost) / cost,
        shows={"GMV": yuan(money["gmv"]), "sent back": yuan(money["refunded"])},
        cost=f"The refunds alone took {yuan(PLAN_MARGIN * money['refunded'])} of margin with them; it would be spent on views.",
    )


@traffic_roi.slip("numerator and denominator")
def _(live_sessions, orders, refunds):
    """You took the margin of what was paid, and left on it what was paid back."""
    money, cost = november_money(live_sessions, orders, refunds)[0], traffic(live_sessions)
    return PLAN_MARGIN * (money["gmv"] - money["unpaid"]) / cost - 1


@traffic_roi.slip("numerator and denominator")
def _(live_sessions, orders, refunds):
    """You took off the refunds and kept the unpaid orders."""
    money, cost = november_money(live_sessions, orders, refunds)[0], traffic(live_sessions)
    return PLAN_MARGIN * (money["net"] + money["unpaid"]) / cost - 1


@traffic_roi.slip("window")
def _(live_sessions, orders, refunds):
    """You counted the refunds of November alone; those of its last weeks came in December."""
    _, sold = november_money(live_sessions, orders, refunds)
    net = net_sales(sold, refunds[refunds["refunded_at"] < NOVEMBER[1]])["net"]
    return PLAN_MARGIN * net / traffic(live_sessions) - 1


@traffic_roi.slip("numerator and denominator")
def _(live_sessions, orders, refunds):
    """You gave what came back of the yuan. Earned or lost is what lies above it or below: the one is still in your number."""
    money = november_money(live_sessions, orders, refunds)[0]
    found, cost = PLAN_MARGIN * money["net"] / traffic(live_sessions), traffic(live_sessions)
    return unless_near(found, money["net"] / cost - 1, within=0.02)


traffic_roi.hints(
    "What is left of a GMV after the four things that are taken off it?",
    "Net sales as in exercise 2, times 0.42, less the traffic cost, over the traffic cost.",
    "(0.42 * net - cost) / cost",
)


@exercise(
    "M09.10",
    title="Memo: what Double 11 adds",
    kind="memo",
    unit="fraction",
    minutes=(4, 7),
    points=2,
    practises=["R023", "R166"],
    section="The memo",
    selfcheck={
        "line 1": "the net lift, with the days that are counted in",
        "line 2": "the evidence: the gross lift beside it, and what came before and after",
        "line 3": "the ask: who should do what, by when",
    },
)
def memo(orders):
    """The number that is left when all days are counted, the tempting one beside it, and a decision."""
    return net_lift.compute(orders)


@memo.mistake("PULL_FORWARD", repair="Are the weeks after the promotion in the number of line 1?")
def _(orders):
    """Your first line promises the gross lift. A budget that is paid from it is paid with the sales of other weeks."""
    lift, _, _ = double_11(orders)
    return wrong(
        lift["gross_lift"],
        shows={
            "beyond usual on the promotion's days": yuan(lift["during"]),
            "after them": yuan(lift["after"]),
        },
        cost=missed_after(lift),
    )


@memo.mistake("NO_ACTION", repair="Who should do what by when, now that the net lift is known?")
def _():
    """Your third line asks for nothing. A report without a decision is filed, not used."""
    return None


memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 sets the gross lift beside the net one.",
    "Line 3 begins with a verb: keep, cut, test, move; and says by when.",
)
