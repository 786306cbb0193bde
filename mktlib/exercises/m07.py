"""M07 KOL/KOC portfolio, content value, vendors. Lesson: lessons/2_mid/M07_creators_and_vendors.md."""

import itertools

import numpy as np
import pandas as pd

from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, number, percent, yuan
from mktlib.creators import (
    audience,
    contract_cost,
    dose,
    lift,
    needs,
    reached,
    standardised,
    suspicion,
)

LIMIT = 0.6  # suspicion from which an audience is not believed
BUDGET = 12_000  # what Qiao has for three to five creators
PLAN_MARGIN = 0.42  # finance's planning figure, given in J02
START = "2024-01-01"
ACTS = ["likes", "comments", "saves", "shares"]
URGENCY = {"high": 4, "middle": 2, "low": 1}
LAG = 2  # days between a visit and the searches it moves, found in the lesson


@per_world
def board(creators):
    """The sixty creators with score, belief, mothers per post, engagements and the least that a booking costs."""
    rows = creators.set_index("creator_id")
    score = suspicion(rows)["score"]
    return rows.assign(
        score=score,
        believed=score <= LIMIT,
        mothers=rows["median_views"] * rows["mothers_pct"] / 100,
        engagements=rows[ACTS].sum(axis=1),
        booking=rows["quoted_fee"] * rows["minimum_posts"],
    )


def note_writers(creators):
    """Graphic creators of Xiaohongshu: their views compare."""
    rows = board(creators)
    return rows[(rows["platform"] == "Xiaohongshu") & (rows["main_form"] == "graphic")]


def five(values, least=False):
    return set(values.nsmallest(5).index if least else values.nlargest(5).index)


# ---------------------------------------------------------------- two questions from before


@exercise(
    "M07.r1",
    title="A coupon page at the till",
    kind="choice",
    practises=["R098"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "the partner's link was clicked last, so these orders are the partner's, and the commission is paid in full",
        "b": "the buyers stood at the till already; these orders would have come, and their commission bought nothing",
        "c": "the coupon made them buy, for before it they had only looked, so the commission is paid for them first",
    },
)
def partner_orders():
    """A partner is paid for orders that would not have come; who was in the shop minutes before needs no partner to find it."""
    return "b"


@partner_orders.mistake(
    "LASTCLICK_AS_INCREMENTAL", repair="Where was the buyer five minutes before that click?"
)
def _():
    """You let the last click decide. It says who stood nearest to the till, not who brought the buyer there."""
    return "a"


@partner_orders.mistake("COUPON_HIJACK", repair="Who leaves a full basket to look for a code, and why?")
def _():
    """You took the coupon for the reason. Somebody who stands at the till and looks for a code has decided to buy."""
    return "c"


partner_orders.hints(
    "What had these buyers done before they clicked the partner's link?",
    "The lesson before called it a detour.",
    "Who was in the shop already was not brought.",
)


@exercise(
    "M07.r2",
    title="Two engagement rates",
    kind="choice",
    practises=["R114"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "the first account, because six per cent of something is more than four per cent of anything",
        "b": "nobody knows, because one is divided by reach and the other one by followers",
        "c": "the second account, because followers are worth more than people who were shown a post",
    },
)
def two_rates_of():
    """A rate belongs to its base; two bases make two measures, whatever both are called."""
    return "b"


@two_rates_of.mistake("ENG_DENOM", repair="By what is each of the two rates divided?")
def _():
    """You compared rates over different bases. The smaller base makes the larger rate, without a single heart more."""
    return "a"


@two_rates_of.mistake("VANITY_ENG", repair="What did the brand sell to either of these audiences?")
def _():
    """You gave the prize to the audience that follows. A follower is no reader and no buyer, and the rates still have two bases."""
    return "c"


two_rates_of.hints("What is a rate without its base?", "Read both denominators.", "Reach is not followers.")


# ---------------------------------------------------------------- shortlist


@prediction(
    "M07.a",
    title="Of the five creators with most followers, how many the screen does not believe",
    unit="count",
    practises=["R113"],
    bounds=(0, 5),
    section="Whose audience is real?",
)
def guess_doubted(creators):
    """Followers can be bought, and who buys them climbs the list: a ranking by followers collects the buyers."""
    rows = board(creators)
    return int((~rows.loc[rows["followers"].nlargest(5).index, "believed"]).sum())


@exercise(
    "M07.1",
    title="Five creators by what a mother's view costs",
    kind="set",
    minutes=(3, 6),
    practises=["R111", "R112"],
    section="Five out of sixty",
    selfcheck={
        "filter": "Xiaohongshu, graphic notes",
        "numerator": "quoted_fee of one post",
        "denominator": "views of the median post that are mothers' views: median_views x mothers_pct / 100",
        "order": "the lowest five",
    },
)
def shortlist(creators):
    """The fee is paid for people whom the post reaches and who have a child to care for; both stand in the table."""
    rows = note_writers(creators)
    return five(rows["quoted_fee"] / rows["mothers"], least=True)


def too_dear(creators, chosen):
    """Fees of a choice, and what as many mothers' views would cost at the five cheapest."""
    rows = note_writers(creators)
    right = rows.loc[list(shortlist_of(creators))]
    price = right["quoted_fee"].sum() / right["mothers"].sum()
    mine = rows.loc[list(chosen)]
    return mine["quoted_fee"].sum(), mine["mothers"].sum() * price


@per_world
def shortlist_of(creators):
    rows = note_writers(creators)
    return five(rows["quoted_fee"] / rows["mothers"], least=True)


def dear_cost(creators, chosen):
    paid, fair = too_dear(creators, chosen)
    return f"One post of each costs {yuan(paid)}; as many mothers' views cost {yuan(fair)} at the five cheapest: {yuan(paid - fair)} too much."


@shortlist.mistake("FOLLOWERS_AS_REACH", repair="Of a hundred followers, how many see the median post?")
def _(creators):
    """You took followers for reach. A post is shown to a part of them, some of them never existed, and the fee grows with all."""
    rows = note_writers(creators)
    chosen = five(rows["followers"])
    mine = rows.loc[list(chosen)]
    return wrong(
        chosen,
        shows={
            "followers of your five": count(mine["followers"].sum()),
            "mothers' views of a post of each": count(mine["mothers"].sum()),
        },
        cost=dear_cost(creators, chosen),
    )


@shortlist.mistake("WRONG_DENOM", repair="Whose views does Heyu pay for?")
def _(creators):
    """You divided by all views. Fashion and humour are watched by many who have no child, and Heyu sells nappies."""
    rows = note_writers(creators)
    chosen = five(rows["quoted_fee"] / rows["median_views"], least=True)
    mine = rows.loc[list(chosen)]
    return wrong(
        chosen,
        shows={
            "views of a post of each": count(mine["median_views"].sum()),
            "of them by mothers": count(mine["mothers"].sum()),
        },
        cost=dear_cost(creators, chosen),
    )


@shortlist.slip("denominator")
def _(creators):
    """You divided by followers."""
    rows = note_writers(creators)
    return five(rows["quoted_fee"] / rows["followers"], least=True)


shortlist.hints(
    "What does one view of a mother cost with each creator?",
    "Divide the fee by the mothers among the views, and take the five lowest.",
    "(fee / (median_views * mothers_pct / 100)).nsmallest(5).index",
)


# ---------------------------------------------------------------- engagement


@exercise(
    "M07.2",
    title="Five notes that people engage with",
    kind="set",
    minutes=(4, 7),
    practises=["R113", "R111"],
    section="Whose audience is real?",
    selfcheck={
        "filter": "Xiaohongshu, graphic, believed by the screen",
        "numerator": "likes, comments, saves and shares of the median post",
        "denominator": "median_views",
    },
)
def engaging(creators):
    """Acts of people over views of one kind of post: the screen first, then a rate within one form."""
    rows = note_writers(creators).query("believed")
    return five(rows["engagements"] / rows["median_views"])


@engaging.mistake(
    "FAKE_IGNORED", repair="How many of your five does the screen believe, and who wrote their comments?"
)
def _(creators):
    """You ranked accounts that the screen does not believe. Who buys followers buys likes with them, so
    applause is loudest where nobody claps."""
    rows = note_writers(creators)
    chosen = five(rows["engagements"] / rows["median_views"])
    mine = rows.loc[list(chosen)]
    fees = mine.loc[~mine["believed"], "booking"].sum()
    return wrong(
        chosen,
        shows={
            "of your five, not believed": str(int((~mine["believed"]).sum())),
            "their first ten minutes' share of comments": percent(
                mine.loc[~mine["believed"], "first_10min_pct"].mean() / 100, 0
            ),
            "that of the others on the list": percent(
                rows.loc[rows["believed"], "first_10min_pct"].mean() / 100, 0
            ),
        },
        cost=f"One booking of each that is not believed costs {yuan(fees)}.",
    )


@engaging.mistake("ENG_DENOM", repair="Did those who follow see the post?")
def _(creators):
    """You divided by followers. The rate then tells how small the account is for its posts, not what readers do with them."""
    rows = note_writers(creators).query("believed")
    chosen = five(rows["engagements"] / rows["followers"])
    mine = rows.loc[list(chosen)].sum(numeric_only=True)
    return wrong(
        chosen,
        shows={
            "your five, engagements per follower": percent(mine["engagements"] / mine["followers"]),
            "the same five, per view": percent(mine["engagements"] / mine["median_views"]),
        },
    )


engaging.hints(
    "Which rows may be compared, and which may be believed?",
    "Notes of believed creators: four acts summed, over views.",
    'believed_notes[acts].sum(axis=1) / believed_notes["median_views"]',
)


# ---------------------------------------------------------------- what the notes moved


@per_world
def life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """Days of 2024 and 2025 with visits, in-app searches, their controls and the dose of notes; and what surrounds them."""
    used = collab_codes.merge(collabs, on="collab_id").merge(
        orders[["order_id", "ordered_at"]], on="order_id"
    )
    wait = (used["ordered_at"].dt.normalize() - used["published_at"].dt.normalize()).dt.days.mean()
    recent = traffic_daily[traffic_daily["date"] >= START]
    visits = recent.groupby(["date", "source"])["visits"].sum().unstack()
    talk = topics_daily[topics_daily["platform"] == "Xiaohongshu"]
    searches = talk.pivot(index="date", columns="topic", values="searches").reindex(visits.index)
    days = pd.DataFrame({
        "visits": visits["Xiaohongshu"], "control": visits["SEO"] + visits["direct"],
        "searches": searches["Heyu"], "rivals": searches.drop(columns=["Heyu", "all parenting"]).sum(axis=1),
        "month": visits.index.strftime("%Y-%m"),
    })  # fmt: skip
    days["dose"] = dose(collabs, days.index, (wait / (1 + wait)) ** np.arange(13))
    days["later"] = days["dose"].shift(LAG, fill_value=0.0)
    published = collabs["published_at"].dt.normalize()
    after = {day + pd.Timedelta(days=n) for day in published for n in range(3)}
    days["after_note"] = days.index.isin(list(after))
    here = orders[(orders["ordered_at"] >= START) & (orders["status"] == "paid")]
    here = here[(here["channel"] == "Xiaohongshu") & (here["store"] == "own")]
    return {
        "days": days,
        "rate": len(here) / days["visits"].sum(),
        "margin": here["amount"].mean() * PLAN_MARGIN,
        "fees": collabs["fee"].sum(),
        "codes": len(collab_codes),
        "visits": lift(days, "visits", "dose", "control"),
        "searches": lift(days, "searches", "later", "rivals"),
        "same_day": lift(days, "searches", "dose", "rivals"),
    }


@prediction(
    "M07.b",
    title="Of all visits from Xiaohongshu within three days of a note, the share that notes caused",
    unit="fraction",
    practises=["R111"],
    bounds=(0, 1),
    section="After it, therefore because of it",
)
def guess_share(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """Notes are so frequent that nearly every second day lies within three days of one; most visits come anyway."""
    known = life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)
    days = known["days"]
    return known["visits"]["total"] / days.loc[days["after_note"], "visits"].sum()


@exercise(
    "M07.3",
    title="Visits that the notes caused",
    kind="number",
    unit="count",
    tolerance=0.01,
    minutes=(6, 10),
    practises=["R111", "R106"],
    bounds=(0, None),
    section="After it, therefore because of it",
    selfcheck={
        "grain": "one row is one day of 2024 and 2025",
        "outcome": "visits from Xiaohongshu",
        "beside it": "a level for each month, and the visits of SEO and direct",
        "result": "visits per click, times all clicks of the notes (the sum of dose)",
    },
)
def caused_visits(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """What rises with the notes beyond its month and beyond the other channels; the rest would have come without them."""
    return float(
        round(life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)["visits"]["total"])
    )


def claimed_cost(known, claimed):
    more = (claimed - known["visits"]["total"]) * known["rate"] * known["margin"]
    kind = "credited to the notes that they did not bring" if more > 0 else "denied to the notes"
    return f"At the orders and the margin of a visit from Xiaohongshu, {yuan(abs(more))} is {kind}: a programme planned on it is planned wrong by so much."


@caused_visits.mistake("POST_HOC", repair="How many visits came on days without any note near?")
def _(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """You gave the notes whatever followed them. Visits come every day, more in a promotion, and notes are published before promotions."""
    known = life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)
    days = known["days"]
    claimed = days.loc[days["after_note"], "visits"].sum()
    return wrong(
        float(claimed),
        shows={
            "visits a day within three days of a note": number(
                round(days.loc[days["after_note"], "visits"].mean(), 1)
            ),
            "visits a day on all other days": number(
                round(days.loc[~days["after_note"], "visits"].mean(), 1)
            ),
        },
        cost=claimed_cost(known, claimed),
    )


@caused_visits.mistake(
    "NO_CONTROL", repair="What else differs between days near a note and days far from one?"
)
def _(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """You took the other days for days without notes. A note brings visits for more than three days, so they hold some as well, and they
    are days of other months."""
    known = life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)
    days = known["days"]
    near, far = days[days["after_note"]], days[~days["after_note"]]
    claimed = near["visits"].sum() - len(near) * far["visits"].mean()
    return wrong(
        float(round(claimed)),
        shows={
            "dose a day that you called zero": f"{far['dose'].mean():.1f}",
            "dose a day near a note": f"{near['dose'].mean():.1f}",
        },
        cost=claimed_cost(known, claimed),
    )


caused_visits.hints(
    "What do month and market explain, before the notes are asked?",
    "Least squares with three parts: levels of months, control, dose; the last coefficient belongs to the notes.",
    "beside = lstsq(columns, visits)[0]; beside[-1] * dose.sum()",
)


@exercise(
    "M07.4",
    title="Between the codes and the lift: cost of an order",
    kind="table",
    unit="CNY",
    minutes=(4, 7),
    practises=["R106", "R111", "R114"],
    section="Only what carried a code",
    selfcheck={
        "numerator": "all fees of 2024 and 2025",
        "at most": "over the orders that are proven: those with a code",
        "at least": "over the orders that are possible: visits caused, at the rate of all visits from Xiaohongshu",
    },
)
def cost_bounds(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """Codes prove some orders and miss others; the lift holds all of them, and some luck: a cost between two bounds."""
    known = life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)
    return {
        "at most": known["fees"] / known["codes"],
        "at least": known["fees"] / (known["visits"]["total"] * known["rate"]),
    }


@cost_bounds.mistake("CODE_ONLY", repair="What does somebody do who saw the note, and forgot the code?")
def _(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """Your lower bound counts orders with a code and nothing else. Buyers who search the brand or forget the
    code came by the note as well."""
    known = life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)
    most = known["fees"] / known["codes"]
    possible = known["visits"]["total"] * known["rate"]
    return wrong(
        {"at most": most, "at least": most},
        shows={"orders with a code": count(known["codes"]), "orders the lift allows": count(possible)},
        cost=f"Up to {yuan((possible - known['codes']) * known['margin'])} of margin is left out when the notes are judged.",
    )


@cost_bounds.mistake("DOUBLE_CREDIT", repair="By which way did a buyer with a code come to the shop?")
def _(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """You added the codes to the lift. A buyer with a code made a visit, too, and is part of the lift already."""
    known = life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)
    possible = known["visits"]["total"] * known["rate"]
    return wrong(
        {"at most": known["fees"] / known["codes"], "at least": known["fees"] / (possible + known["codes"])},
        shows={
            "orders the lift allows, codes among them": count(possible),
            "orders in your sum": count(possible + known["codes"]),
        },
        cost=f"{yuan(known['codes'] * known['margin'])} of margin is counted twice.",
    )


@cost_bounds.mistake("POST_ONLY", repair="Which of these orders would have come without any note?")
def _(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """You gave the notes every order of the channel. Most visits from Xiaohongshu come without a note of the
    programme, and most of its orders with them."""
    known = life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)
    visits = known["days"]["visits"].sum()
    beside = (visits - known["visits"]["total"]) * known["rate"]
    return wrong(
        {"at most": known["fees"] / known["codes"], "at least": known["fees"] / (visits * known["rate"])},
        shows={
            "orders of the channel": count(visits * known["rate"]),
            "its visits that notes caused": percent(known["visits"]["total"] / visits, 0),
        },
        cost=f"{yuan(beside * known['margin'])} of margin would be booked as brought by notes, and was not.",
    )


cost_bounds.hints(
    "Which orders are proven, and which are possible?",
    "Fees over orders with a code is the highest cost; fees over visits caused times orders per visit is the lowest.",
    '{"at most": fees / codes, "at least": fees / (caused * orders_per_visit)}',
)


@exercise(
    "M07.14",
    title="Searches that CNY 100 of notes move",
    kind="number",
    unit="times",
    minutes=(4, 7),
    practises=["R122"],
    bounds=(0, None),
    section="They search first",
    selfcheck={
        "outcome": "Heyu's searches on Xiaohongshu, beside those of the rivals",
        "dose": "that of the notes, two days later",
        "numerator and denominator": "all searches caused, over all fees, times 100",
    },
)
def searches_per_fee(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """The rise beside rivals at the lag where it stands out most; a brand that is remembered is searched."""
    known = life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)
    return float(100 * known["searches"]["total"] / known["fees"])


@searches_per_fee.mistake(
    "WINDOW_MISMATCH", repair="On which day does somebody search who read a note on Monday?"
)
def _(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """You laid searches beside the notes of the same day. People remember a brand a day or two later, and that part is missed."""
    known = life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)
    return wrong(
        float(100 * known["same_day"]["total"] / known["fees"]),
        shows={
            "searches found on the same day": count(known["same_day"]["total"]),
            "visits that the notes caused": count(known["visits"]["total"]),
        },
    )


@searches_per_fee.mistake("POST_HOC", repair="How often is Heyu searched when nobody has written about it?")
def _(collabs, collab_codes, orders, traffic_daily, topics_daily):
    """You counted all searches of the three days after a note. Most of them come every day, and the rivals' rise with them."""
    known = life_of_notes(collabs, collab_codes, orders, traffic_daily, topics_daily)
    days = known["days"]
    return wrong(
        float(100 * days.loc[days["after_note"], "searches"].sum() / known["fees"]),
        shows={
            "searches a day near a note": count(days.loc[days["after_note"], "searches"].mean()),
            "searches a day far from one": count(days.loc[~days["after_note"], "searches"].mean()),
        },
    )


searches_per_fee.hints(
    "Which row of the lag table is the rise?",
    "Total searches caused at a lag of two days, over all fees of the notes, times a hundred.",
    '100 * lift(days, "searches", "two_days_later", "rivals")["total"] / fees',
)


# ---------------------------------------------------------------- last quarter's best


@per_world
def winners(collabs):
    """Clicks per CNY 1,000 of each quarter's best creator, then and in the next quarter (of those who worked in both)."""
    quarter = collabs["published_at"].dt.to_period("Q").rename("quarter")
    sums = collabs.groupby(["creator_id", quarter])[["clicks", "fee"]].sum()
    gain = (1000 * sums["clicks"] / sums["fee"]).unstack()
    rows = []
    for now, then in itertools.pairwise(gain.columns):
        both = gain[[now, then]].dropna()
        best = both[now].idxmax()
        rows.append({"best": both.loc[best, now], "later": both.loc[best, then], "usual": both[then].mean()})
    return pd.DataFrame(rows)


@exercise(
    "M07.5",
    title="What a winner keeps",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R111"],
    bounds=(0, None),
    section="The best of last quarter",
    selfcheck={
        "grain": "one row is one pair of quarters and its winner",
        "numerator": "sum of what the winners reached in the quarter after",
        "denominator": "sum of what they had won with",
    },
)
def winner_keeps(collabs):
    """Seven winners, not one: what made them win was mostly one lucky note, and luck draws anew."""
    rows = winners(collabs)
    return float(rows["later"].sum() / rows["best"].sum())


@winner_keeps.mistake("REGRESSION_TO_MEAN", repair="What did the winners of earlier quarters do next?")
def _(collabs):
    """You expect the winner to repeat itself. The highest of many draws is high by luck, too, and luck does not come along."""
    rows = winners(collabs)
    missing = 5 * rows["best"].mean() - 5 * rows["later"].mean()
    price = 1000 / rows["usual"].mean()
    return wrong(
        1.0,
        shows={
            "winners' clicks per CNY 1,000, then": number(round(rows["best"].mean(), 1)),
            "a quarter later": number(round(rows["later"].mean(), 1)),
        },
        cost=f"With CNY 5,000 on the winner you would plan {count(missing)} clicks too many; at the usual price they cost {yuan(missing * price)}.",
    )


@winner_keeps.mistake("SMALL_N", repair="How far do the seven pairs lie apart?")
def _(collabs):
    """You asked one winner. One pair of quarters is one note or two, and the other six pairs say how little one tells."""
    rows = winners(collabs)
    each = rows["later"] / rows["best"]
    return wrong(
        float(each.iloc[-1]),
        shows={
            "lowest of seven pairs": percent(each.min(), 0),
            "highest of seven pairs": percent(each.max(), 0),
        },
        cost=f"On CNY 5,000 for the next winner the plan is off by {count(5 * rows['best'].mean() * abs(each.iloc[-1] - rows['later'].sum() / rows['best'].sum()))} "
        f"clicks, which cost {yuan(5 * rows['best'].mean() * abs(each.iloc[-1] - rows['later'].sum() / rows['best'].sum()) * 1000 / rows['usual'].mean())} at the usual price.",
    )


winner_keeps.hints(
    "How many winners are there to ask?",
    "Add up what they reached later, and divide by what they had won with.",
    'pairs["later"].sum() / pairs["best"].sum()',
)


# ---------------------------------------------------------------- portfolio


@per_world
def bookings(creators, creator_audience_overlap):
    """Four ways to choose among believed creators: best of the lesson's sixteen, greedy, by followers, without minimum posts."""
    rows = board(creators).query("believed")
    shares, people = audience(rows, creator_audience_overlap)
    alone = shares.mul(people).sum(axis=1)
    promising = (alone * (alone / rows["booking"]) ** 0.5).nlargest(16).index
    missed = (1 - shares.loc[promising]).to_numpy()

    def best(price):
        price, top = price[promising].to_numpy(), (-1.0, ())
        for size in (3, 4, 5):
            sets = np.array(list(itertools.combinations(range(len(promising)), size)))
            sets = sets[price[sets].sum(axis=1) <= BUDGET]
            if len(sets):
                reach = (1 - missed[sets].prod(axis=1)) @ people.to_numpy()
                top = max(top, (reach.max(), tuple(sets[reach.argmax()])))
        return sorted(promising[list(top[1])])

    def fill(order):
        chosen, left = [], BUDGET
        for name in order.sort_values(ascending=False).index:
            if len(chosen) < 5 and rows.loc[name, "booking"] <= left:
                chosen.append(name)
                left -= rows.loc[name, "booking"]
        return chosen

    ways = {
        "best": best(rows["booking"]),
        "greedy": fill(alone / rows["booking"]),
        "famous": fill(rows["followers"]),
        "one post": best(rows["quoted_fee"]),
    }
    table = pd.DataFrame({
        "chosen": ways,
        "cost": {way: rows.loc[names, "booking"].sum() for way, names in ways.items()},
        "reached": {way: reached(shares, people, names) for way, names in ways.items()},
        "added": {way: alone[names].sum() for way, names in ways.items()},
    })  # fmt: skip
    return table


def lost_reach(table, way):
    price = table.loc["best", "cost"] / table.loc["best", "reached"]
    lost = table.loc["best", "reached"] - table.loc[way, "reached"]
    return f"Within the same budget {count(lost)} mothers fewer are reached; at the price of a mother in the best set they are worth {yuan(lost * price)}."


@exercise(
    "M07.6",
    title="Three to five creators within the budget",
    kind="set",
    minutes=(8, 14),
    points=2,
    practises=["R112"],
    section="Whom to book together",
    selfcheck={
        "filter": "creators whom the screen believes",
        "cost": "quoted_fee x minimum_posts, together at most the budget",
        "size": "three, four or five creators",
        "goal": "most mothers reached by one or more, each counted once",
    },
)
def booked(creators, creator_audience_overlap):
    """The set counts, not its members: what each adds is what the others do not reach."""
    return set(bookings(creators, creator_audience_overlap).loc["best", "chosen"])


@booked.mistake("GREEDY_ROI", repair="How much of the budget is left when your five are booked?")
def _(creators, creator_audience_overlap):
    """You took the best by the yuan, one after the other. Five places are the scarce thing here, and small accounts fill them cheaply."""
    table = bookings(creators, creator_audience_overlap)
    return wrong(
        set(table.loc["greedy", "chosen"]),
        shows={
            "spent": yuan(table.loc["greedy", "cost"]),
            "budget": yuan(BUDGET),
            "mothers reached": count(table.loc["greedy", "reached"]),
        },
        cost=lost_reach(table, "greedy"),
    )


@booked.mistake("FOLLOWERS_AS_REACH", repair="What does each of your creators reach by the yuan?")
def _(creators, creator_audience_overlap):
    """You began with the largest that fit. They eat the budget before the third place, and their followers are not mothers who watch."""
    table = bookings(creators, creator_audience_overlap)
    return wrong(
        set(table.loc["famous", "chosen"]),
        shows={
            "creators booked": str(len(table.loc["famous", "chosen"])),
            "mothers reached": count(table.loc["famous", "reached"]),
        },
        cost=lost_reach(table, "famous"),
    )


@booked.mistake("COST_PARTIAL", repair="How many posts does an agency sell at least?")
def _(creators, creator_audience_overlap):
    """You paid for one post of each. Agencies sell two at a time, and their invoice knows it."""
    table = bookings(creators, creator_audience_overlap)
    bill = table.loc["one post", "cost"]
    return wrong(
        set(table.loc["one post", "chosen"]),
        shows={"budget": yuan(BUDGET), "invoice for your set": yuan(bill)},
        cost=f"The invoice is {yuan(bill - BUDGET)} above the budget.",
    )


booked.hints(
    "What does the fourth creator add to the first three?",
    "Compute for each set that fits what it reaches, each mother once, and take the highest.",
    "fits = cost_of_sets <= 12_000; list(sets[fits][reach_of_sets[fits].argmax()])",
)


# ---------------------------------------------------------------- vendors


def vendor_table(vendor_monthly):
    return standardised(vendor_monthly, "revenue", "cost", "vendor", "audience")


@exercise(
    "M07.7",
    title="Both vendors at the same audiences",
    kind="table",
    unit="times",
    tolerance=0.01,
    minutes=(5, 9),
    practises=["R235"],
    section="Vendor A earns more. Does it?",
    selfcheck={
        "grain": "revenue and cost summed over the year, by audience and vendor",
        "rate": "revenue over cost within each audience",
        "weights": "each audience's share of the cost of both vendors together",
    },
)
def fair_vendors(vendor_monthly):
    """Each vendor is asked what it would earn on the brand's whole mix; what is left is the vendor."""
    return vendor_table(vendor_monthly)["adjusted"].to_dict()


@fair_vendors.mistake(
    "MIX_UNADJUSTED", repair="Which audience got most of vendor A's money, and who was given it?"
)
def _(vendor_monthly):
    """You measured each vendor on the audiences that it was given. Vendor A was given the people who know the
    brand, and they buy from anybody's ad."""
    table = vendor_table(vendor_monthly)
    cost = vendor_monthly.groupby(["vendor", "audience"])["cost"].sum()
    core = cost.xs("core", level="audience") / cost.groupby("vendor").sum()
    gap = table.loc["B", "adjusted"] - table.loc["A", "adjusted"]
    return wrong(
        table["raw"].to_dict(),
        shows={
            "share of A's money on people who know the brand": percent(core["A"], 0),
            "of B's": percent(core["B"], 0),
        },
        cost=f"With B's {yuan(cost['B'].sum())} given to A at the same audiences, {yuan(gap * cost['B'].sum())} of revenue a year is lost.",
    )


@fair_vendors.mistake("AVG_OF_RATIOS", repair="How much money goes to each of the three audiences?")
def _(vendor_monthly):
    """You gave each audience the same weight. Nobody spends a third on each, so the mean describes no plan."""
    sums = vendor_monthly.groupby(["audience", "vendor"])[["revenue", "cost"]].sum()
    each = (sums["revenue"] / sums["cost"]).unstack()
    weight = vendor_monthly.groupby("audience")["cost"].sum() / vendor_monthly["cost"].sum()
    off = (vendor_table(vendor_monthly)["adjusted"] - each.mean())["A"] * vendor_monthly["cost"].sum()
    return wrong(
        each.mean().to_dict(),
        shows={f"share of the money, {name}": percent(share, 0) for name, share in weight.items()},
        cost=f"A year's revenue at A would be planned {yuan(abs(off))} too low.",
    )


fair_vendors.hints(
    "Who decides which vendor gets which audience?",
    "Ratios within audiences, then one set of weights for both: the audiences' shares of all cost.",
    "(revenue / cost).unstack('vendor').mul(cost_by_audience / cost.sum(), axis=0).sum()",
)


@per_world
def punctual(vendor_service_log):
    """Tickets of A and B that were due in 2025, with whether the promise was kept (open ones past due were not)."""
    rows = vendor_service_log[vendor_service_log["vendor"].isin(["A", "B"])]
    rows = rows[rows["due_at"] < "2026-01-01"]
    hours = (rows["done_at"] - rows["opened_at"]).dt.total_seconds() / 3600
    return rows.assign(kept=rows["done_at"] <= rows["due_at"], hours=hours)


@exercise(
    "M07.12",
    title="Promises kept, where it matters",
    kind="table",
    unit="fraction",
    minutes=(4, 7),
    practises=["R237", "R235"],
    section="Quick where it matters little",
    selfcheck={
        "filter": "vendors A and B, tickets due before 1 January 2026, open ones included",
        "grain": "share kept by vendor and urgency",
        "weights": "high 4, middle 2, low 1, over 7",
    },
)
def service_score(vendor_service_log):
    """A promise is kept or not; urgent ones weigh more because something stands still while they wait."""
    kept = punctual(vendor_service_log).groupby(["vendor", "urgency"])["kept"].mean().unstack()
    weight = pd.Series(URGENCY)
    return ((kept * weight).sum(axis=1) / weight.sum()).to_dict()


@service_score.mistake(
    "KPI_UNWEIGHTED", repair="How many of the tickets are urgent, and what are they worth in the score?"
)
def _(vendor_service_log):
    """You counted each ticket once. The urgent ones are few, and those that can wait outvote them."""
    rows = punctual(vendor_service_log)
    high = rows[rows["urgency"] == "high"].groupby("vendor")["kept"].mean()
    return wrong(
        rows.groupby("vendor")["kept"].mean().to_dict(),
        shows={
            "A, urgent tickets in time": percent(high["A"], 0),
            "B, urgent tickets in time": percent(high["B"], 0),
        },
    )


@service_score.mistake("SLA_MEAN", repair="Which limit did the contract promise for an urgent ticket?")
def _(vendor_service_log):
    """You measured all by one day. The contract promises 8, 24 or 72 hours, and a day is late for one and early for another."""
    rows = punctual(vendor_service_log)
    mean = rows.groupby("vendor")["hours"].mean()
    return wrong(
        (rows["hours"] <= 24).groupby(rows["vendor"]).mean().to_dict(),
        shows={"A, mean hours": f"{mean['A']:.1f}", "B, mean hours": f"{mean['B']:.1f}"},
    )


@service_score.slip("weights")
def _(vendor_service_log):
    """You gave the three urgencies the same weight."""
    rows = punctual(vendor_service_log)
    return rows.groupby(["vendor", "urgency"])["kept"].mean().unstack().mean(axis=1).to_dict()


service_score.hints(
    "What was promised for each ticket?",
    "Share with done_at at or before due_at, by vendor and urgency; then 4, 2, 1 over 7.",
    "(kept * weight).sum(axis=1) / weight.sum()",
)


# ---------------------------------------------------------------- contracts


def offers_of(vendor_contracts, vendor="A"):
    rows = vendor_contracts[vendor_contracts["vendor"] == vendor]
    return rows[rows["kind"] == "spot"].reset_index(drop=True), rows[
        rows["kind"] == "guaranteed"
    ].reset_index(drop=True)


def year_of(spot, sure, need):
    """(spot, guaranteed) cost of a year."""
    free = contract_cost(need, spot["months"], spot["unit_price"])
    bound = contract_cost(
        need, sure["months"], sure["unit_price"], sure["guaranteed_a_month"], above=spot["unit_price"]
    )
    return free, bound


def premium(vendor_contracts):
    spot, sure = offers_of(vendor_contracts)
    free, bound = year_of(spot, sure, spot["need_expected"])
    return bound - free


@exercise(
    "M07.8",
    title="What the guaranteed volume costs in a year",
    kind="number",
    unit="CNY",
    minutes=(6, 10),
    practises=["R236", "R235"],
    section="A lower price, a higher bill",
    selfcheck={
        "grain": "a season; its months, its need, its prices",
        "guaranteed": "the volume is paid each month; what is needed above it, at the spot price of the season",
        "sign": "guaranteed less spot",
    },
)
def guarantee_premium(vendor_contracts):
    """What is bought is what is paid for, not what is used; in the low season both differ."""
    return float(premium(vendor_contracts))


@guarantee_premium.also("simulated")
def _(vendor_contracts):
    spot, sure = offers_of(vendor_contracts)
    free, bound = year_of(spot, sure, needs(spot))
    return float((bound - free).mean())


@guarantee_premium.mistake("OPTION_COST", repair="What happens to volume that was paid and is not needed?")
def _(vendor_contracts):
    """You multiplied the discount by what is needed. The contract bills what is guaranteed, in slow months as well."""
    spot, sure = offers_of(vendor_contracts)
    months, need = spot["months"], spot["need_expected"]
    idle = (months * (sure["guaranteed_a_month"] - need).clip(lower=0)).sum()
    return wrong(
        float((months * need * (sure["unit_price"] - spot["unit_price"])).sum()),
        shows={
            "thousands of impressions paid in a year": count((months * sure["guaranteed_a_month"]).sum()),
            "of them not needed": count(idle),
        },
        cost=f"Volume that nobody needs is billed with {yuan(idle * sure['unit_price'].mean())} a year.",
    )


@guarantee_premium.mistake(
    "AVERAGE_PLAN", repair="In which months does the volume suffice, and what is paid in the others?"
)
def _(vendor_contracts):
    """Your year knows no peak, as if each month needed the average. In the peak more is needed than the
    volume, at the spot price, and what the low season leaves over cannot serve it."""
    spot, sure = offers_of(vendor_contracts)
    months, need = spot["months"], spot["need_expected"]
    mean = (months * need).sum() / 12
    sure_price, volume = sure["unit_price"].mean(), sure["guaranteed_a_month"].mean()
    spot_price = (months * need * spot["unit_price"]).sum() / (months * need).sum()
    idle = (volume - need[0]) * sure_price
    low = months[0] * idle
    flat = 12 * (volume * sure_price + max(mean - volume, 0) * spot_price - mean * spot_price)
    return wrong(
        float(flat),
        shows={"need in an average month": count(mean), "in a month of the peak": count(need.max())},
        cost=f"In the six months of the low season alone, {yuan(low)} is billed for volume that is not needed; an average month hides most of it.",
    )


@guarantee_premium.slip("guaranteed")
def _(vendor_contracts):
    """You billed what is needed above the volume at the guaranteed price. The low price ends with the
    volume."""
    spot, sure = offers_of(vendor_contracts)
    billed = np.maximum(spot["need_expected"], sure["guaranteed_a_month"]) * sure["unit_price"]
    return float((spot["months"] * (billed - spot["need_expected"] * spot["unit_price"])).sum())


guarantee_premium.hints(
    "Season by season: what is paid, and what is needed?",
    "Guaranteed: months x (volume x price + need above it x spot price). Spot: months x need x price. Subtract.",
    "(months * (volume * price + (need - volume).clip(lower=0) * spot_price) - months * need * spot_price).sum()",
)


@prediction(
    "M07.c",
    title="Share of possible years in which the guarantee is the cheaper contract",
    unit="fraction",
    practises=["R236"],
    bounds=(0, 1),
    section="A lower price, a higher bill",
)
def guess_cheaper(vendor_contracts):
    """Only years that sell far above plan fill the volume; a discount on volume is a bet on those."""
    spot, sure = offers_of(vendor_contracts)
    free, bound = year_of(spot, sure, needs(spot))
    return float((bound < free).mean())


def frame(vendor_contracts):
    rows = vendor_contracts[vendor_contracts["vendor"] == "C"].set_index("kind")
    single, bound = rows.loc["single posts"], rows.loc["annual frame"]
    return {
        "posts": 12 * single["need_expected"],
        "single": single["unit_price"],
        "price": bound["unit_price"],
        "bound": 12 * bound["guaranteed_a_month"],
    }


@exercise(
    "M07.11",
    title="The annual frame of the MCN",
    kind="number",
    unit="CNY",
    minutes=(3, 6),
    practises=["R115"],
    section="A lower price, a higher bill",
    selfcheck={
        "need": "expected posts a month, times twelve",
        "frame": "all posts of the frame are paid",
        "sign": "frame less single posts",
    },
)
def frame_premium(vendor_contracts):
    """A frame breaks even at the posts that singles would buy for the same money; expected need lies below."""
    one = frame(vendor_contracts)
    return float(one["bound"] * one["price"] - one["posts"] * one["single"])


@frame_premium.mistake("OPTION_COST", repair="How many posts stand on the frame's invoice?")
def _(vendor_contracts):
    """You gave the discount to the posts that are needed. The frame bills all of its posts, also those that nobody orders."""
    one = frame(vendor_contracts)
    return wrong(
        float(one["posts"] * (one["price"] - one["single"])),
        shows={"posts in the frame": count(one["bound"]), "posts expected": count(one["posts"])},
        cost=f"{yuan((one['bound'] - one['posts']) * one['price'])} is paid for posts that nobody needs.",
    )


@frame_premium.mistake("CAPACITY_BLIND", repair="Who will brief and check five posts every month?")
def _(vendor_contracts):
    """You filled the frame. Heyu would have to want that many posts; buying what is not needed because it is cheaper saves nothing."""
    one = frame(vendor_contracts)
    return wrong(
        float(one["bound"] * (one["price"] - one["single"])),
        shows={"posts expected in a year": count(one["posts"]), "posts you compared": count(one["bound"])},
        cost=f"The posts above the need would cost {yuan((one['bound'] - one['posts']) * one['price'])}.",
    )


@frame_premium.slip("need")
def _(vendor_contracts):
    """You compared the invoices of one month. The question is for a year."""
    one = frame(vendor_contracts)
    return float(one["bound"] * one["price"] - one["posts"] * one["single"]) / 12


frame_premium.hints(
    "Two invoices for the same need: what stands on each?",
    "The frame: all its posts at its price. Singles: the expected posts at theirs.",
    "60 posts at the frame's price, less 12 x need_expected at the single price",
)


# ---------------------------------------------------------------- posting hour


@per_world
def own_notes(social_posts):
    """Own Xiaohongshu posts that were not boosted: log reach, evening, weekend."""
    rows = social_posts[(social_posts["platform"] == "Xiaohongshu") & (social_posts["boost_cost"] == 0)]
    return rows.assign(
        log_reach=np.log(rows["reach"]),
        evening=rows["planned_at"].dt.hour >= 19,
        weekend=rows["planned_at"].dt.day_of_week >= 5,
    )


def evening_effect(rows, within):
    """Relative rise in the evening, within groups that have both, weighted by what each can tell."""
    cells = rows.groupby([*within, "evening"])["log_reach"].agg(["mean", "size"]).unstack("evening").dropna()
    gap = cells["mean"][True] - cells["mean"][False]
    weight = 1 / (1 / cells["size"][True] + 1 / cells["size"][False])
    return float(np.exp((gap * weight).sum() / weight.sum()) - 1)


@exercise(
    "M07.13",
    title="What the evening does for a note",
    kind="number",
    unit="fraction",
    minutes=(5, 8),
    practises=["R110"],
    section="The hour of the brief",
    selfcheck={
        "grain": "one own Xiaohongshu post that was not boosted",
        "groups": "account and weekend, where both hours occur",
        "result": "exp of the weighted mean of gaps in log reach, less 1",
    },
)
def evening(social_posts):
    """Within the same account and kind of day, hours are compared with hours, and not weekends with weekdays."""
    return evening_effect(own_notes(social_posts), ["account", "weekend"])


@evening.mistake("CONFOUND_SLOT", repair="On which days does the calendar put the evening slots?")
def _(social_posts):
    """You compared evenings with all other hours. The calendar puts evenings on weekends, when everything is read more."""
    rows = own_notes(social_posts)
    late = rows.groupby("evening")["weekend"].mean()
    gap = rows.groupby("evening")["log_reach"].mean()
    return wrong(
        float(np.exp(gap[True] - gap[False]) - 1),
        shows={
            "evening posts on a weekend": percent(late[True], 0),
            "other posts on a weekend": percent(late[False], 0),
        },
    )


@evening.mistake("SINGLE_CAUSE", repair="Which account publishes hardly ever in the evening?")
def _(social_posts):
    """You held the weekend still and nothing else. Accounts differ in reach and in their hours, and that difference is in your number."""
    rows = own_notes(social_posts)
    share = rows.groupby("account")["evening"].mean()
    return wrong(
        evening_effect(rows, ["weekend"]),
        shows={
            "evening share of the account with most": percent(share.max(), 0),
            "of the account with fewest": percent(share.min(), 0),
        },
    )


@evening.slip("groups")
def _(social_posts):
    """You compared within the account only. Its evening posts lie on weekends more often than its others."""
    return evening_effect(own_notes(social_posts), ["account"])


evening.hints(
    "What else differs between an evening post and another one?",
    "Compare within account and weekend; drop groups that have one of the hours only.",
    'groupby(["account", "weekend", "evening"])["log_reach"], unstack, dropna',
)


# ---------------------------------------------------------------- mixed case, memo


@per_world
def layers(collabs, collab_codes, competitors, creators):
    """Three layers of 2025, right and as they are usually reported."""
    made = collabs[collabs["published_at"] >= "2025-01-01"]
    acts = made[ACTS].sum(axis=1)
    real = made["creator_id"].map(board(creators)["believed"])
    year = competitors[competitors["week_start"] >= "2025-01-01"]
    talk = year.groupby("brand")[["mentions", "mentions_unique"]].sum()
    share = (talk / talk.sum()).loc["Heyu"]
    orders = collab_codes["collab_id"].isin(made["collab_id"]).sum()
    return {
        "fees": made["fee"].sum(),
        "acts": acts.sum(),
        "real": acts[real].sum(),
        "likes": made.loc[real, "likes"].sum(),
        "mentions": share["mentions"],
        "unique": share["mentions_unique"],
        "orders": int(orders),
    }


def card(one, acts="real", voice="unique"):
    return {
        "content": one["fees"] / one[acts],
        "voice": one[voice],
        "sales": one["fees"] / one["orders"],
    }


@exercise(
    "M07.9",
    title="Three layers for Director Shen",
    kind="table",
    unit={"content": "CNY", "voice": "fraction", "sales": "CNY"},
    minutes=(8, 14),
    points=2,
    practises=["R114", "R195", "R106"],
    section="Mixed case: what did 2025 bring?",
    selfcheck={
        "window": "notes published in 2025; weeks that begin in 2025",
        "content": "all fees of the year over engagements that people made",
        "voice": "Heyu's part of what all six brands were named, each post once",
        "sales": "all fees over the orders that are proven",
    },
)
def scorecard(collabs, collab_codes, competitors, creators):
    """Each layer by what people did: engagements that are believed, posts once each, orders that carry a proof."""
    return card(layers(collabs, collab_codes, competitors, creators))


@scorecard.mistake("FAKE_IGNORED", repair="Whose likes are in your denominator?")
def _(collabs, collab_codes, competitors, creators):
    """You divided by all engagements. Those of creators whom the screen does not believe may have been
    bought, by somebody, for this purpose."""
    one = layers(collabs, collab_codes, competitors, creators)
    return wrong(
        card(one, acts="acts"),
        shows={"engagements in the table": count(one["acts"]), "of believed creators": count(one["real"])},
        cost=f"At your price, {yuan(one['fees'] * (1 - one['real'] / one['acts']))} of the fees is booked as engagement that the screen does not believe.",
    )


@scorecard.mistake("DOUBLE_CREDIT", repair="How often does a post count that was passed on a hundred times?")
def _(collabs, collab_codes, competitors, creators):
    """You counted reposts. A rival whose posts are copied word for word looks talked about, and Heyu small beside it."""
    one = layers(collabs, collab_codes, competitors, creators)
    return wrong(
        card(one, voice="mentions"),
        shows={"Heyu's share with reposts": percent(one["mentions"]), "brands compared": "6"},
    )


@scorecard.slip("content")
def _(collabs, collab_codes, competitors, creators):
    """You counted likes alone."""
    return card(layers(collabs, collab_codes, competitors, creators), acts="likes")


@scorecard.slip("voice")
def _(collabs, collab_codes, competitors, creators):
    """You divided Heyu's mentions by those of the other brands. A share has its own part below the line,
    too."""
    one = layers(collabs, collab_codes, competitors, creators)
    return card(one) | {"voice": one["unique"] / (1 - one["unique"])}


scorecard.hints(
    "For each layer: who did it, and is it counted once?",
    "Engagements of believed creators, mentions without reposts, orders with a code; the fees are all fees of the year.",
    '{"content": fees / believed_acts, "voice": unique_of_heyu / unique_of_all, "sales": fees / code_orders}',
)


@exercise(
    "M07.10",
    title="Memo: what the creators' budget reaches",
    kind="memo",
    unit="count",
    tolerance=0.01,
    minutes=(6, 10),
    points=2,
    practises=["R112", "R235", "R236"],
    section="The memo",
    selfcheck={
        "line 1": "how many mothers the chosen creators reach together, each counted once, for how much",
        "line 2": "the evidence: what the screen or the vendors' comparison showed, with a number",
        "line 3": "the ask: whom to book, whom to keep, which contract not to sign, by when",
    },
)
def reach_memo(creators, creator_audience_overlap):
    """People reached once, for a sum that the budget holds: a number that can be checked after the quarter."""
    return float(round(bookings(creators, creator_audience_overlap).loc["best", "reached"]))


@reach_memo.mistake("SUM_UNIQUES", repair="How many people watch two of the chosen creators?")
def _(creators, creator_audience_overlap):
    """Your first line adds the audiences up. Mothers of the same stage watch the same accounts, and count twice in your sum."""
    table = bookings(creators, creator_audience_overlap)
    more = table.loc["best", "added"] - table.loc["best", "reached"]
    price = table.loc["best", "cost"] / table.loc["best", "reached"]
    return wrong(
        float(round(table.loc["best", "added"])),
        shows={
            "creators in the set": str(len(table.loc["best", "chosen"])),
            "people named twice in your sum": count(more),
        },
        cost=f"{yuan(more * price)} of the fees would be booked for people who do not exist.",
    )


@reach_memo.mistake("GREEDY_ROI", repair="What would the rest of the budget reach?")
def _(creators, creator_audience_overlap):
    """Your first line is what the best by the yuan reach. It leaves most of the budget unspent and most of the mothers unreached."""
    table = bookings(creators, creator_audience_overlap)
    return wrong(
        float(round(table.loc["greedy", "reached"])),
        shows={"spent in your set": yuan(table.loc["greedy", "cost"]), "budget": yuan(BUDGET)},
        cost=lost_reach(table, "greedy"),
    )


@reach_memo.mistake("NO_ACTION", repair="Who books whom by when, and who calls the vendors?")
def _():
    """Your third line asks for nothing. Qiao needs names and dates, or the guarantee gets signed as it lies there."""
    return None


reach_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: mothers reached by the best set, each once, and its cost.",
    "Line 3 begins with a verb: book, keep, decline; and says by when.",
)
