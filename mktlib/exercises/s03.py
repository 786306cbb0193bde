"""S03 Churn, uplift and personal offers: time lines, profit, policies. Lesson: lessons/3_senior/S03_uplift.md."""

import numpy as np
import pandas as pd

from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.uplift import (
    policy_gain,
    policy_value,
    profit_curve,
    qini_coefficient,
    snapshots,
    steps,
    two_models,
)

NUMBERS = ["recency_days", "orders_365d", "spend_365d", "discount_share", "child_age_months", "member"]
CUTS = {
    "recency_days": [15, 30, 45, 60, 90, 120, 150, 220],
    "orders_365d": [2, 3, 5],
    "child_age_months": [0, 12, 30],
    "channel": None,
    "member": None,
}
COST = pd.DataFrame(
    {"an order": [0, 20, 14, 0], "a person": [0, 0, 0, 3.5]}, index=["none", "coupon", "gift", "advice call"]
)
SAVED, UNPACKED = 9, 2  # CNY: a parcel packed ahead that is ordered, one that is not
SHARE = 0.3  # of the customers, for whom there are coupons
CUT = "2025-03-01"  # recall: waves before choose, waves from then on value
ONE_PERSON = "one row of offer_test is one customer; each was drawn once"


def _logit(**more):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.1, max_iter=500, **more)


@per_world
def september(offer_test):
    """True in the rows of the last wave."""
    return (offer_test["assigned_on"] == offer_test["assigned_on"].max()).to_numpy()


@per_world
def chances(offer_test):
    """Chance of an order under each arm, by models of the two other waves."""
    one = offer_test
    found = two_models(_logit(), steps(one, CUTS), one["offer"], one["ordered_30d"], one["assigned_on"])
    return found.round(6)


@per_world
def order_worth(offer_test, orders, order_items, products):
    """Margin of a paid order of the tested customers from 14 July to 7 October 2025, CNY."""
    paid = orders[
        (orders["status"] == "paid")
        & orders["ordered_at"].between("2025-07-14", "2025-10-08", inclusive="left")
    ]
    paid = paid[paid["customer_id"].isin(offer_test["customer_id"])]
    lines = order_items[order_items["order_id"].isin(paid["order_id"])]
    goods = lines["quantity"] * lines["sku"].map(products.set_index("sku")["unit_cost"])
    return (paid["amount"].sum() - goods.sum() - paid["shipping_cost"].sum()) / len(paid)


def net_of(offer_test):
    """Margin of 30 days less the offer, CNY a person."""
    return offer_test["margin_30d"] - offer_test["offer_cost"]


def first(score, share=SHARE):
    """The first share of the people by score; of equals those who stand first in the table."""
    return score.rank(ascending=False, method="first") <= round(share * len(score))


def coupons(score):
    """The policy that gives the coupon to the first by score."""
    return np.where(first(score), "coupon", "none")


def per_1000(offer_test, choice, other="none"):
    return 1000 * policy_gain(choice, other, offer_test["offer"], net_of(offer_test))["value"]


@per_world
def worths(offer_test, orders, order_items, products):
    """What each person is expected to leave under each arm, CNY."""
    worth, chance = order_worth(offer_test, orders, order_items, products), chances(offer_test)
    return pd.DataFrame({name: chance[name] * (worth - COST.loc[name, "an order"]) - COST.loc[name, "a person"]
                         for name in COST.index})  # fmt: skip


# ---------------------------------------------------------------- two questions from before


@exercise(
    "S03.r1",
    title="A list of last June, made today",
    kind="choice",
    practises=["R145"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "take everybody whose last login in today's table lies before 25 May",
        "b": "take everybody without a login from 25 to 31 May, whatever came later",
        "c": "take everybody who has not logged in since 1 June, to be sure that they were silent",
    },
)
def list_of_june():
    """A list is made in a morning: what came later was not known, and those who came back belong on it."""
    return "b"


@list_of_june.mistake("SNAPSHOT_LEAK", repair="Where does somebody stand today who came back on 3 June?")
def _():
    """You read the last login from today's table. Whoever came back later has a young last login and falls off the list,
    so that only those remain who never returned."""
    return "a"


@list_of_june.mistake("FUTURE_LEAK", repair="Which of these days could Qiao have known on 1 June?")
def _():
    """You let the weeks after the list decide who was on it. Nobody knew them when the text went out."""
    return "c"


list_of_june.hints(
    "What was known on the morning of 1 June?",
    "Two of the three lists need days after it.",
    "Logins of the seven days before; nothing else.",
)


@exercise(
    "S03.r2",
    title="One segment of twelve is significant",
    kind="choice",
    practises=["R208"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "send the offer to this segment: at p = 0.03 the effect is there, whatever the other eleven did",
        "b": "hold p against the number of segments looked at, and value the segment on people not used to find it",
        "c": "send the offer to nobody: eleven segments without an effect prove that there is none in the twelfth",
    },
)
def one_of_twelve():
    """Twelve looks find a p below 0.05 by luck in nearly half of the cases; fresh people tell luck from effect."""
    return "b"


@one_of_twelve.mistake(
    "MULTI_COMPARE", repair="How often does at least one of twelve idle segments have p below 0.05?"
)
def _():
    """You read the one p as if it had been the only one. You chose it because it was the smallest of twelve."""
    return "a"


@one_of_twelve.mistake(
    "UNDERPOWERED_NULL", repair="How large an effect could a twelfth of the people have shown?"
)
def _():
    """You took "not shown" for "not there". A segment holds few people, and its interval may hide an effect worth having."""
    return "c"


one_of_twelve.hints(
    "How was this segment chosen?",
    "M04 had a correction for several questions at once.",
    "Correct for twelve, then test on others.",
)


# ---------------------------------------------------------------- the time line


def _auc_of(offer_test, columns):
    """Area under the curve in September of a plain model learned from July and August."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    new, silent = september(offer_test), ~offer_test["ordered_30d"]
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(offer_test.loc[~new, columns], silent[~new])
    return roc_auc_score(silent[new], model.predict_proba(offer_test.loc[new, columns])[:, 1])


@per_world
def honest_auc(offer_test):
    return _auc_of(offer_test, NUMBERS)


@prediction(
    "S03.a",
    title="AUC of the vendor's model with what was known in the morning",
    unit="fraction",
    practises=["R208"],
    bounds=(0, 1),
    section="A column from the future",
)
def guess_auc(offer_test):
    """People are harder to foretell than a file that knows what they did."""
    return honest_auc(offer_test)


@exercise(
    "S03.1",
    title="AUC of the vendor's model without the future",
    kind="number",
    unit="fraction",
    minutes=(5, 9),
    practises=["R208", "R146"],
    bounds=(0, 1),
    section="A column from the future",
    selfcheck={
        "grain": ONE_PERSON,
        "filter": "numeric columns that were known in the morning of assigned_on",
        "window": "learn from the waves of July and August, judge on that of September",
        "label": "silent: no order in 30 days",
    },
)
def auc_without_future(offer_test):
    """What is left is what recency, orders and the child's age say: useful, and far from the vendor's figure."""
    return honest_auc(offer_test)


@auc_without_future.mistake("TARGET_LEAK", repair="On which day was days_since_last_order written?")
def _(offer_test):
    """You kept days_since_last_order. It was counted when the file was closed, 37 days after the offer, so it holds the
    answer: whoever ordered has a small one."""
    gap = offer_test["days_since_last_order"] - offer_test["recency_days"]
    ordered = offer_test["ordered_30d"]
    return wrong(
        _auc_of(offer_test, [*NUMBERS, "days_since_last_order"]),
        shows={"share with exactly 37 days more than recency_days, silent": percent((gap == 37)[~ordered].mean()),
               "the same, ordered": percent((gap == 37)[ordered].mean())},
    )  # fmt: skip


@auc_without_future.mistake("FUTURE_LEAK", repair="When is it known whether a coupon has cost 20 yuan?")
def _(offer_test):
    """You dropped one column from the future and kept another: offer_cost is known when the customer has ordered."""
    gift = offer_test[offer_test["offer"] == "gift"]
    return wrong(
        _auc_of(offer_test, [*NUMBERS, "offer_cost"]),
        shows={"mean cost of a gift, ordered": yuan(gift.loc[gift["ordered_30d"], "offer_cost"].mean()),
               "silent": yuan(gift.loc[~gift["ordered_30d"], "offer_cost"].mean())},
    )  # fmt: skip


auc_without_future.hints(
    "Which columns could be filled in on the morning of the offer?",
    "The dictionary, describe('offer_test'), says: up to member. Two later columns of numbers must go.",
    "model.fit(test.loc[~new, known], silent[~new]); roc_auc_score(silent[new], model.predict_proba(test.loc[new, known])[:, 1])",
)


@per_world
def weekly(orders):
    """Weekly snapshots of every fortieth customer, March to September 2025, windows of 90 days."""
    mornings = pd.date_range("2025-03-03", "2025-09-29", freq="7D")
    return snapshots(orders[orders["customer_id"] % 40 == 0], mornings, 90, "2026-01-01")


PAST = ["recency_days", "orders_365d", "spend_365d", "days_known"]
AUTUMN = "2025-09-01"


def _forest_aucs(rows, old, *parts):
    """AUC on each part of the rows, of a forest that learned from `old`."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score

    forest = RandomForestClassifier(20, random_state=1).fit(rows.loc[old, PAST], rows["silent"][old])
    return [
        roc_auc_score(rows["silent"][new], forest.predict_proba(rows.loc[new, PAST])[:, 1]) for new in parts
    ]


@per_world
def in_time(orders):
    """AUC on mornings that come after."""
    rows = weekly(orders)
    old = rows["morning"] + pd.Timedelta(days=90) <= AUTUMN
    return _forest_aucs(rows, old, rows["morning"] >= AUTUMN)[0]


@per_world
def by_lot(orders):
    """AUC of the forest that learned from rows drawn by lot: on the other rows, and on all mornings from
    September on."""
    rows = weekly(orders)
    drawn = np.random.default_rng(1).random(len(rows)) < 0.25
    return _forest_aucs(rows, ~drawn, drawn, rows["morning"] >= AUTUMN)


@exercise(
    "S03.2",
    title="AUC of a churn model on mornings that come after",
    kind="number",
    unit="fraction",
    minutes=(6, 11),
    practises=["R146", "R208"],
    bounds=(0, 1),
    section="A split that respects time",
    selfcheck={
        "grain": "one row is one customer in one morning; a customer has many",
        "window": "learn from mornings whose 90 days are over on 1 September, judge on mornings from that day on",
        "label": "silent: no paid order in the 90 days from the morning on",
        "filter": "the four columns of the past",
    },
)
def auc_by_time(orders):
    """Learned from windows that were over, judged on mornings after them: this is how the model will be used."""
    return in_time(orders)


@auc_by_time.mistake("RANDOM_SPLIT", repair="Where is the row of the same customer one week earlier?")
def _(orders):
    """You drew the test rows by lot. Next week's row of the same customer shares 83 of its 90 days with this one, and stands
    among the rows that the forest learned from: it remembers, it does not foretell."""
    rows = weekly(orders)
    return wrong(
        by_lot(orders)[0],
        shows={"rows": count(len(rows)), "customers behind them": count(rows["customer_id"].nunique())},
    )


@auc_by_time.mistake("IN_SAMPLE", repair="Which of these rows had the forest not seen?")
def _(orders):
    """You asked the old forest about the mornings from 1 September on. Most of their rows had been drawn
    for it to learn from, with the answer, and a forest knows its rows by heart."""
    new = weekly(orders)["morning"] >= AUTUMN
    drawn = np.random.default_rng(1).random(len(new)) < 0.25
    return wrong(
        by_lot(orders)[1],
        shows={
            "rows from 1 September on": count(new.sum()),
            "of them learned from": count((new & ~drawn).sum()),
        },
    )


@auc_by_time.mistake("FUTURE_LEAK", repair="On which day was it known who had been silent after 25 August?")
def _(orders):
    """You let summer mornings take part whose 90 days were still running on 1 September. Nobody knew on
    that day who would be silent in them."""
    rows = weekly(orders)
    before = rows["morning"] < AUTUMN
    running = before & (rows["morning"] + pd.Timedelta(days=90) > AUTUMN)
    return wrong(
        _forest_aucs(rows, before, rows["morning"] >= AUTUMN)[0],
        shows={
            "rows of mornings before 1 September": count(before.sum()),
            "of them with days still to come": count(running.sum()),
        },
    )


auc_by_time.hints(
    "Which mornings had their 90 days behind them on 1 September?",
    "old = morning + 90 days <= 1 September; new = morning >= 1 September.",
    "forest.fit(weekly.loc[old, past], weekly.loc[old, 'silent']); roc_auc_score on the rows of new.",
)


# ---------------------------------------------------------------- from chances to yuan


@per_world
def september_chances(offer_test):
    """Chance to order of everybody in September, by a model of July and August, all offers together; and a balanced one."""
    x, new = steps(offer_test, CUTS), september(offer_test)
    y = offer_test["ordered_30d"]
    plain, even = (
        _logit(class_weight=weight).fit(x[~new], y[~new]).predict_proba(x[new])[:, 1]
        for weight in (None, "balanced")
    )
    return pd.DataFrame({"chance": plain, "balanced": even, "ordered": y[new].to_numpy()}).round(6)


@exercise(
    "S03.3",
    title="What a model with a good accuracy finds",
    kind="number",
    unit="fraction",
    minutes=(3, 6),
    practises=["R146", "R208"],
    bounds=(0, 1),
    section="From chances to yuan",
    selfcheck={
        "numerator and denominator": "buyers with a chance of 0.5 or more, over all buyers",
        "window": "the wave of September",
        "filter": "all offers together",
    },
)
def buyers_found(offer_test):
    """Nearly nobody has an even chance to order in a month, so the rule calls almost all silent and is mostly right."""
    one = september_chances(offer_test)
    return (one["chance"] >= 0.5)[one["ordered"]].mean()


@buyers_found.mistake("ACCURACY_IMBALANCE", repair="How accurate is a model that calls everybody silent?")
def _(offer_test):
    """Your number says how often a verdict is right, and nearly all verdicts are "silent". Where most are
    silent, whoever says so of all is mostly right, and finds no buyer."""
    one = september_chances(offer_test)
    return wrong(
        ((one["chance"] >= 0.5) == one["ordered"]).mean(),
        shows={"customers": count(len(one)), "of them silent": count((~one["ordered"]).sum()),
               "called silent by the model": count((one["chance"] < 0.5).sum())},
        cost=f"In a parcel each, {yuan(SAVED * one['ordered'].sum())} of packing ahead would wait for buyers whom the rule does not name.",
    )  # fmt: skip


@buyers_found.mistake(
    "WRONG_DENOM", repair="Is the question about the people named, or about the people who bought?"
)
def _(offer_test):
    """You divided by those whom the model named. That is how often a name is right (precision), not how many buyers have one."""
    one = september_chances(offer_test)
    named = one["chance"] >= 0.5
    return wrong(
        one["ordered"][named].mean(),
        shows={"named": count(named.sum()), "buyers": count(one["ordered"].sum())},
    )


buyers_found.hints(
    "Of those who ordered, how many did the model name?",
    "Keep the buyers of September, then take the share with a chance of 0.5 or more.",
    '(seen["chance"] >= 0.5)[seen["ordered"]].mean()',
)


def _packed(one, limit):
    """Yuan from packing ahead for everybody with at least this chance."""
    named = one["chance"] >= limit
    return float(np.where(one["ordered"], SAVED, -UNPACKED)[named].sum())


@exercise(
    "S03.4",
    title="Packing ahead: the threshold that pays",
    kind="number",
    unit="CNY",
    minutes=(4, 8),
    practises=["R208"],
    tolerance=0.002,
    section="From chances to yuan",
    selfcheck={
        "threshold": "where a parcel packed ahead neither earns nor loses",
        "numerator and denominator": "9 yuan for each that is ordered, 2 yuan lost for each that is not",
        "window": "the wave of September",
    },
)
def packing_profit(offer_test):
    """p x 9 = (1 - p) x 2 gives the threshold, 2 of 11: costs decide it, not the middle of the scale."""
    return _packed(september_chances(offer_test), UNPACKED / (SAVED + UNPACKED))


@packing_profit.mistake("THRESH_HALF", repair="What is lost by a parcel too many, what by one too few?")
def _(offer_test):
    """You packed from a chance of one half on. That is right if both errors cost the same; here one costs 2 yuan, the other 9."""
    one = september_chances(offer_test)
    late = one["ordered"] & (one["chance"] < 0.5)
    return wrong(
        _packed(one, 0.5),
        shows={"parcels packed at one half": count((one["chance"] >= 0.5).sum()), "orders that came": count(one["ordered"].sum())},
        cost=f"{count(late.sum())} ordered parcels would be packed in overtime, for "
        f"{yuan(SAVED * late.sum())}.",
    )  # fmt: skip


@packing_profit.mistake("SIZE_ONLY", repair="For whom is 9 times the chance less than 2 times the rest?")
def _(offer_test):
    """You packed for everybody. Most parcels then have to be unpacked again."""
    one = september_chances(offer_test)
    return wrong(_packed(one, 0), shows={"parcels": count(len(one)), "to be unpacked": count((~one["ordered"]).sum())},
                 cost=f"Unpacking alone costs {yuan(UNPACKED * (~one['ordered']).sum())}.")  # fmt: skip


packing_profit.hints(
    "At which chance does a parcel earn nothing on average?",
    "9 p = 2 (1 - p). Pack from this p on, then count 9 for who ordered and -2 for who did not.",
    'np.where(seen["ordered"], 9, -2)[seen["chance"] >= 2 / 11].sum()',
)


# ---------------------------------------------------------------- uplift


@per_world
def by_ranking(offer_test, orders, order_items, products):
    """Gain per 1,000 customers from coupons for the first 30 %, by three rankings, and the gain of none."""
    chance, worth = chances(offer_test), worths(offer_test, orders, order_items, products)
    scores = {"risk": 1 - chance["none"], "response": chance["coupon"],
              "uplift": (worth["coupon"] - worth["none"]).round(2)}  # fmt: skip
    return {name: per_1000(offer_test, coupons(score)) for name, score in scores.items()}


@prediction(
    "S03.b",
    title="Gain per 1,000 customers from coupons for the 30 % most at risk",
    unit="CNY",
    practises=["R137"],
    section="Rain dances",
)
def guess_risk(offer_test):
    """Those most likely to stay away mostly stay away with a coupon, too."""
    return per_1000(offer_test, coupons(1 - chances(offer_test)["none"]))


@exercise(
    "S03.5",
    title="Coupons for thirty in a hundred",
    kind="number",
    unit="CNY",
    minutes=(6, 11),
    practises=["R137", "R145"],
    section="Rain dances",
    selfcheck={
        "ranking": "expected yuan with the coupon less expected yuan without an offer",
        "numerator and denominator": "gain over no offer per person of everybody, times 1,000",
        "filter": "the first 30 % of all three waves; everybody else gets none",
    },
)
def coupon_gain(offer_test, orders, order_items, products):
    """The money goes where the coupon changes something: customers who still buy, but would not have bought this month."""
    return by_ranking(offer_test, orders, order_items, products)["uplift"]


@coupon_gain.mistake("RISK_AS_UPLIFT", repair="What do those most at risk do when they have a coupon?")
def _(offer_test, orders, order_items, products):
    """You gave the coupons to whom is most at risk. Most of them are lost: they stay away without the coupon and with it."""
    found, chance = by_ranking(offer_test, orders, order_items, products), chances(offer_test)
    far = first(1 - chance["none"]) & offer_test["offer"].isin(["none", "coupon"])
    rate = offer_test[far].groupby("offer")["ordered_30d"].mean()
    return wrong(
        found["risk"],
        shows={"orders of them without an offer": percent(rate["none"]), "with the coupon": percent(rate["coupon"])},
        cost=f"Of the {count(1000 * SHARE)} coupons for 1,000 customers, "
        f"{count(1000 * SHARE * (1 - rate['coupon']))} would lie "
        f"unused, with {yuan(20)} each that could have moved somebody else.",
    )  # fmt: skip


@coupon_gain.mistake(
    "RESPONSE_AS_UPLIFT", repair="How many of these buyers would have bought without a coupon?"
)
def _(offer_test, orders, order_items, products):
    """You gave the coupons to whom is most likely to use one. Many of them were coming anyway, and take 20 yuan along."""
    found, chance = by_ranking(offer_test, orders, order_items, products), chances(offer_test)
    near = first(chance["coupon"]) & offer_test["offer"].isin(["none", "coupon"])
    rate = offer_test[near].groupby("offer")["ordered_30d"].mean()
    return wrong(
        found["response"],
        shows={"orders of them without an offer": percent(rate["none"]), "with the coupon": percent(rate["coupon"])},
        cost=f"Of every 1,000 customers {count(1000 * SHARE * rate['none'])} would have ordered anyway, and are paid "
        f"{yuan(20_000 * SHARE * rate['none'])} for it.",
    )  # fmt: skip


@coupon_gain.mistake("NO_CONTROL", repair="What do 1,000 customers leave when nobody has a coupon?")
def _(offer_test, orders, order_items, products):
    """You gave the value of the plan. Most of it is margin that comes without any coupon; a plan adds what
    lies above that."""
    worth, net = worths(offer_test, orders, order_items, products), net_of(offer_test)
    choice, drawn = coupons((worth["coupon"] - worth["none"]).round(2)), offer_test["offer"]
    ordered = offer_test["ordered_30d"][drawn == "none"].mean()
    return wrong(
        1000 * policy_value(choice, drawn, net)["value"],
        shows={"customers of 1,000 who order without an offer": count(1000 * ordered),
               "coupons for 1,000 customers": count(1000 * SHARE)},
        cost=f"The margin of {count(1000 * ordered)} orders that come by themselves would be credited to "
        f"coupons.",
    )  # fmt: skip


@coupon_gain.slip("ranking")
def _(offer_test):
    """You ranked by the difference of the chances. A coupon also costs 20 yuan with each order that comes
    anyway, and the ranking asked for takes that off."""
    chance = chances(offer_test)
    return per_1000(offer_test, coupons((chance["coupon"] - chance["none"]).round(6)))


@coupon_gain.slip("numerator and denominator")
def _(offer_test, orders, order_items, products):
    """You gave the gain per 1,000 customers with a coupon, not per 1,000 of everybody."""
    return by_ranking(offer_test, orders, order_items, products)["uplift"] / SHARE


coupon_gain.hints(
    "For whom is the coupon worth more than it costs?",
    "Score: chance with coupon x (worth - 20) less chance without x worth, rounded to the cent. first(score), then policy_gain.",
    'choice = np.where(first(score), "coupon", "none"); 1000 * policy_gain(choice, "none", test["offer"], net)["value"]',
)


def _tested(offer_test):
    return offer_test["offer"].isin(["none", "coupon"])


def _qinis(offer_test):
    rows, chance = _tested(offer_test), chances(offer_test)[_tested(offer_test)]
    some = offer_test[rows]
    coupon, ordered = some["offer"] == "coupon", some["ordered_30d"]
    scores = {"response": chance["coupon"], "difference": (chance["coupon"] - chance["none"]).round(6)}
    return scores, coupon, ordered


@exercise(
    "S03.6",
    title="Which score shall rank the coupons?",
    kind="table",
    unit="fraction",
    minutes=(5, 9),
    practises=["R137", "R208"],
    section="How to judge a ranking",
    selfcheck={
        "grain": "people of the test with the coupon or with none",
        "outcome": "ordered_30d, as 0 and 1",
        "score": "response: chance with the coupon; difference: that less the chance without",
    },
)
def two_qinis(offer_test):
    """The difference sorts orders hardly better than a coin, and is the better ranking: it sorts what the coupon changes."""
    scores, coupon, ordered = _qinis(offer_test)
    return {name: qini_coefficient(score, coupon, ordered) for name, score in scores.items()}


@two_qinis.mistake(
    "AUC_AS_PROFIT", repair="Does the AUC ask who orders, or who orders because of the coupon?"
)
def _(offer_test, orders, order_items, products):
    """You judged by the area under the ROC curve. It asks how well a score sorts buyers from others, and nobody is paid for
    that: a coupon pays where it changes something."""
    from sklearn.metrics import roc_auc_score

    scores, _, ordered = _qinis(offer_test)
    found = by_ranking(offer_test, orders, order_items, products)
    return wrong(
        {name: roc_auc_score(ordered, score) for name, score in scores.items()},
        shows={"an AUC that sorts nothing": "0.5", "a Qini coefficient that ranks nothing": "0"},
        cost=f"The score with the higher AUC earns {yuan(found['uplift'] - found['response'])} less per 1,000 customers.",
    )


@two_qinis.mistake("NO_CONTROL", repair="What did people of the same score do without a coupon?")
def _(offer_test):
    """You drew the curve from people with the coupon alone. It counts all their orders, those included that would have come."""
    scores, coupon, ordered = _qinis(offer_test)
    found = {}
    for name, score in scores.items():
        curve = profit_curve(score[coupon], ordered[coupon]) / coupon.sum()
        found[name] = float(np.trapezoid(curve, curve.index) - curve.iloc[-1] / 2)
    return wrong(
        found,
        shows={
            "orders with the coupon": count(ordered[coupon].sum()),
            "orders of as many without": count(ordered[~coupon].sum()),
        },
    )


two_qinis.hints(
    "Which two groups does a Qini curve compare at each share?",
    "Keep the rows with coupon or none, then qini_coefficient(score, treated, ordered) for both scores.",
    'qini_coefficient(chance["coupon"][rows], test["offer"][rows] == "coupon", test["ordered_30d"][rows])',
)


@exercise(
    "S03.7",
    title="Balanced scores, in yuan",
    kind="number",
    unit="CNY",
    minutes=(5, 9),
    practises=["R208"],
    bounds=(0, None),
    tolerance=0.002,
    section="Chances that are none",
    selfcheck={
        "formula": "odds of the balanced score x odds of an order in July and August",
        "numerator and denominator": "sum of the chances times the margin of a buyer",
        "window": "score: wave of September; share of buyers and margin of a buyer: July and August",
    },
)
def expected_margin(offer_test):
    """Put back to the true share, the chances sum to the orders that come, and may be multiplied by yuan."""
    old = offer_test[~september(offer_test)]
    share = old["ordered_30d"].mean()
    score = september_chances(offer_test)["balanced"]
    odds = score / (1 - score) * share / (1 - share)
    return (odds / (1 + odds)).sum() * old.loc[old["ordered_30d"], "margin_30d"].mean()


@expected_margin.mistake(
    "CALIBRATION_BROKEN", repair="Which share of the balanced rows had ordered, and which of the customers?"
)
def _(offer_test):
    """You took the balanced scores for chances. The model learned in a world where every second customer orders, and speaks of it."""
    old = offer_test[~september(offer_test)]
    each, one = old.loc[old["ordered_30d"], "margin_30d"].mean(), september_chances(offer_test)
    extra = (one["balanced"].sum() - one["ordered"].sum()) * each
    return wrong(
        one["balanced"].sum() * each,
        shows={"mean of the scores": percent(one["balanced"].mean()), "customers who ordered, July and August": percent(old["ordered_30d"].mean())},
        cost=f"The plan would hold {yuan(extra)} of margin in one wave that never came.",
    )  # fmt: skip


@expected_margin.mistake("THRESH_HALF", repair="How many of those above one half did order in July?")
def _(offer_test):
    """You counted everybody above one half as a buyer. A score is no verdict, and a balanced one stands
    above one half as soon as the chance is above that of the mean customer."""
    old = offer_test[~september(offer_test)]
    each, one = old.loc[old["ordered_30d"], "margin_30d"].mean(), september_chances(offer_test)
    return wrong((one["balanced"] >= 0.5).sum() * each,
                 shows={"customers above one half": count((one["balanced"] >= 0.5).sum()), "customers": count(len(one))},
                 cost=f"{yuan(((one['balanced'] >= 0.5).sum() - one['ordered'].sum()) * each)} of margin would be planned in one wave and not come.")  # fmt: skip


expected_margin.hints(
    "By which factor did balancing raise the odds of a buyer?",
    "odds = score / (1 - score), times share / (1 - share), back to a chance: odds / (1 + odds). Sum, times the margin of a buyer.",
    "odds = s / (1 - s) * share / (1 - share); (odds / (1 + odds)).sum() * margin_of_a_buyer",
)


# ---------------------------------------------------------------- law


@exercise(
    "S03.8",
    title="A higher price for the loyal?",
    kind="choice",
    minutes=(3, 6),
    practises=["R137"],
    section="What may be done with a score",
    options={
        "a": "yes: the loyal buy at either price, nobody is forced, and the log shows that it pays",
        "b": "yes, once the terms that everybody ticks at registration say that prices may be personal",
        "c": "no: one price for the same goods and terms, offers by rules one can state, and an easy way to refuse them",
    },
)
def higher_price():
    """Art. 24 forbids unreasonable differences in price and terms by automated decision, and asks for an easy way out of
    personal marketing. What pays is asked after that."""
    return "c"


@higher_price.mistake("LAW_BLIND", repair="Which article speaks of prices that an algorithm sets by person?")
def _(orders):
    """You let profit decide alone. The law on personal information names this very case: unreasonable differences in price
    by automated decision."""
    paid = orders[
        (orders["status"] == "paid")
        & orders["ordered_at"].between("2025-01-01", "2026-01-01", inclusive="left")
    ]
    return wrong(
        "a",
        shows={"what Art. 24 asks of prices": "no unreasonable difference", "what Art. 24 asks of marketing": "an option without personal traits, or easy refusal"},
        cost=f"In grave cases Art. 66 allows a fine of up to CNY 50 million, or 5% of a year's turnover: {yuan(0.05 * paid['amount'].sum())} on Heyu's paid orders of 2025.",
    )  # fmt: skip


@higher_price.mistake(
    "CONSENT_BUNDLED", repair="Can somebody keep the account and refuse the personal price?"
)
def _():
    """You let one tick cover everything. Consent is given to a purpose, and can be withdrawn; an unreasonable difference
    stays one, whoever ticked."""
    return wrong(
        "b", shows={"purposes behind the tick": "account, delivery, advertising, price", "ticks": "1"}
    )


higher_price.hints(
    "What does PIPL Art. 24 say of prices, and what of marketing?",
    "A consent in the terms does not make a difference reasonable.",
    "The answer has one price, stated rules and an easy refusal.",
)


# ---------------------------------------------------------------- mixed case, memo


def _recall(rows):
    """Net effect and net margin of the treated a person by tier, CNY."""
    rows = rows.assign(net=rows["margin_14d"] - rows["offer_cost"])
    mean = rows.pivot_table(index="tier", columns="arm", values="net", aggfunc="mean")
    return mean["offer"] - mean["holdout"], mean["offer"]


@per_world
def recall_values(recall_test):
    """Yuan per 1,000 people on the lists from March on, by ways to choose and to value."""
    early, late = (
        recall_test[part] for part in (recall_test["wave_on"] < CUT, recall_test["wave_on"] >= CUT)
    )
    people, then = (1000 * part["tier"].value_counts(normalize=True) for part in (late, early))
    (before, responded), (after, treated) = _recall(early), _recall(late)
    chosen, liked = before.index[before > 0], responded.index[responded > 0]
    mine, with_gift = late["tier"].isin(chosen), late["arm"] == "offer"
    return {
        "fresh": (after * people)[chosen].sum(), "same": (before * then)[chosen].sum(),
        "per chosen": 1000 * (after * people)[chosen].sum() / people[chosen].sum(),
        "by response": (after * people)[liked].sum(), "no holdout": (treated * people)[chosen].sum(),
        "chosen": len(chosen), "liked": len(liked), "people": people[chosen].sum(),
        "wasted": 1000 * late.loc[with_gift & ~mine, "offer_cost"].sum() / with_gift.sum(),
        "anyway": 1000 * late.loc[mine & ~with_gift, "ordered_14d"].mean(),
    }  # fmt: skip


@exercise(
    "S03.9",
    title="Which tiers get Sunday's gift, and what it brings",
    kind="number",
    unit="CNY",
    minutes=(8, 14),
    points=2,
    practises=["R145", "R137"],
    section="Mixed case: Sunday's list again",
    selfcheck={
        "choice": "tiers whose margin less gift, offer less holdout, is above zero on the Sundays before 1 March",
        "window": "value: the Sundays from 1 March on",
        "numerator and denominator": "gain of the chosen tiers, per 1,000 people on these Sundays' lists, all tiers counted",
    },
)
def sunday_gain(recall_test):
    """Chosen on some Sundays, valued on others: a promise that can be kept, and it may be smaller than hoped, or larger."""
    return recall_values(recall_test)["fresh"]


@sunday_gain.mistake(
    "WINNERS_CURSE", repair="On which Sundays did you find these tiers, and on which did you count?"
)
def _(recall_test):
    """You valued the choice on the Sundays that chose it. Luck took part in that choice and stands in the
    value again; what may be expected is for Sundays to say that did not choose."""
    found = recall_values(recall_test)
    early = (recall_test["wave_on"] < CUT).sum()
    return wrong(
        found["same"],
        shows={"people who chose": count(early), "people not asked": count(len(recall_test) - early)},
    )


@sunday_gain.mistake("RESPONSE_AS_UPLIFT", repair="What did people of the same tier leave without the gift?")
def _(recall_test):
    """You sent the gift wherever those who got it left a margin. People leave one with it and without; the
    question is where the gift adds to it."""
    found = recall_values(recall_test)
    return wrong(
        found["by response"],
        shows={"tiers in which people with the gift leave a margin": count(found["liked"]), "tiers in which they leave more than the holdout": count(found["chosen"])},
        cost=f"Gifts of {yuan(found['wasted'])} per 1,000 people on the list would go to tiers in which "
        f"they had not paid for themselves.",
    )  # fmt: skip


@sunday_gain.mistake("NO_CONTROL", repair="Would the holdout's orders have to be thanked to the gift, too?")
def _(recall_test):
    """You counted all that people with the gift left. The holdout left a margin, too, and nobody sent it a gift."""
    found = recall_values(recall_test)
    return wrong(found["no holdout"], shows={"weeks in which orders count": "2", "arms whose orders you counted": "1"},
                 cost=f"Of 1,000 people of the chosen tiers {count(found['anyway'])} were coming anyway; "
                 f"their margin would be booked on the gift.")  # fmt: skip


@sunday_gain.slip("numerator and denominator")
def _(recall_test):
    """You gave the gain per 1,000 people of the chosen tiers alone. The lists hold all tiers."""
    found = recall_values(recall_test)
    return None if found["people"] > 950 else found["per chosen"]


sunday_gain.hints(
    "Which Sundays may choose, and which may judge?",
    "By tier: mean of margin less gift, offer less holdout. Choose on the early Sundays; sum effect x share of people on the late ones.",
    "effect(late)[effect(early) > 0] times late['tier'].value_counts(normalize=True), summed, times 1,000",
)


@per_world
def own_policy(offer_test, orders, order_items, products):
    """The best arm for each person by expected yuan."""
    return worths(offer_test, orders, order_items, products).round(2).idxmax(axis=1).to_numpy()


@prediction(
    "S03.c",
    title="Share of customers whom an offer can win",
    unit="fraction",
    practises=["R137"],
    bounds=(0, 1),
    section="The answer key",
)
def guess_persuadable(truth, offer_test):
    """Those who can be won are less than half; the others come anyway, stay away anyway, or are put off."""
    from mktlib import world

    return (world.truth("offer_test")["kind"] == "persuadable").mean()


@exercise(
    "S03.10",
    title="Memo: what an offer for each adds",
    kind="memo",
    unit="CNY",
    minutes=(6, 9),
    points=2,
    practises=["R137", "R208"],
    section="The memo",
    selfcheck={
        "line 1": "gain of the policy over no offers, per 1,000 customers in 30 days",
        "line 2": "a number of its own: the interval, or what one offer for all adds",
        "line 3": "the ask: who should do what, by when",
    },
)
def policy_memo(offer_test, orders, order_items, products):
    """The number is a gain over doing nothing, learned on some people and measured on others."""
    return per_1000(offer_test, own_policy(offer_test, orders, order_items, products))


@policy_memo.mistake("NO_CONTROL", repair="What do 1,000 customers leave without any offer?")
def _(offer_test, orders, order_items, products):
    """Your first line carries the value of the policy. Most of it comes without any offer."""
    choice, net = own_policy(offer_test, orders, order_items, products), net_of(offer_test)
    value = 1000 * policy_value(choice, offer_test["offer"], net)["value"]
    nothing = 1000 * net[offer_test["offer"] == "none"].mean()
    return wrong(value, shows={"margin of 1,000 customers without an offer": yuan(nothing)},
                 cost=f"{yuan(nothing)} per 1,000 customers would be credited to offers that nobody sent.")  # fmt: skip


@policy_memo.mistake("RISK_AS_UPLIFT", repair="Which ranking did the log find to earn more?")
def _(offer_test, orders, order_items, products):
    """Your first line carries what coupons for those most at risk add. It is the old plan, not the one to be approved."""
    found = by_ranking(offer_test, orders, order_items, products)
    return wrong(found["risk"], shows={"offers in that plan": "1", "offers in the test": "3"},
                 cost=f"Against coupons by uplift alone it leaves {yuan(found['uplift'] - found['risk'])} per 1,000 customers.")  # fmt: skip


@policy_memo.mistake("WINNERS_CURSE", repair="Did people do what the models expected of them?")
def _(offer_test, orders, order_items, products):
    """Your first line carries what the models expect. The arm with the highest expectation was chosen for
    each, so errors that flatter count as gain; the log says what people did."""
    expected = worths(offer_test, orders, order_items, products)
    choice = own_policy(offer_test, orders, order_items, products)
    return wrong(
        1000 * (expected.max(axis=1) - expected["none"]).mean(),
        shows={"arms of which the highest was taken": count(expected.shape[1]),
               "customers whose lot agrees with the policy": count((choice == offer_test["offer"]).sum())},
    )  # fmt: skip


@policy_memo.mistake("NO_ACTION", repair="Who should do what by when, now that the gain is known?")
def _():
    """Your third line asks for nothing. A policy without a start, an owner and a holdout stays on paper."""
    return None


policy_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: 1000 x policy_gain of the own policy over none. Line 2: its interval, or the gift for all.",
    "Line 3 begins with a verb: approve, start, keep, stop; and says by when.",
)
