"""The rubric of MC: seven criteria, four levels, and for each level a paragraph as it could stand in a plan or a retro of this brand.

The paragraphs speak of the second quarter, of the recall test and of another plan, so none gives an answer of MC away. Their numbers
are facts of the active world.
"""

from mktlib.course.registry import Criterion
from mktlib.course.text import count, percent, yuan
from mktlib.quarter import kpi_scores
from mktlib.segments import cell_weights, effective_size, points, weight_space

QUARTER = ("2025-04-01", "2025-07-01")


def facts(budget, recall_test, survey, survey_population, card, target, team_kpi, hook_funnel_daily):
    """What the paragraphs quote, as texts by name."""
    return {
        **money(budget),
        **recall(recall_test),
        **answers(survey, survey_population),
        **small_cards(card, target),
        **team(team_kpi),
        **hooks(hook_funnel_daily),
    }


def money(budget):
    rows = budget[(budget["item"] == "media") & budget["date"].between(*QUARTER, inclusive="left")]
    sums = rows.groupby(rows["platform"] == "Douyin")[["planned", "spent"]].sum()
    share = sums.loc[True] / sums.sum()
    kuaishou = rows[rows["platform"] == "Kuaishou"][["planned", "spent"]].sum()
    june = rows[(rows["channel"] == "SEM") & (rows["date"] >= "2025-06-01")][["planned", "spent"]].sum()
    return {
        "media": yuan(sums["spent"].sum()),
        "planned_share": percent(share["planned"]),
        "billed_share": percent(share["spent"]),
        "kuaishou": yuan(kuaishou["spent"]),
        "kuaishou_pace": f"{kuaishou['spent'] / kuaishou['planned']:.2f}",
        "june_pace": f"{june['spent'] / june['planned']:.2f}",
    }


def recall(recall_test):
    rows = recall_test[recall_test["tier"] == "newly dormant"]
    share = rows.groupby("arm", observed=True)["ordered_14d"].mean()
    net = (rows["margin_14d"] - rows["offer_cost"]).groupby(rows["arm"], observed=True).mean()
    return {
        "answered": percent(share["offer"]),
        "anyway": percent(share["holdout"]),
        "points": f"{100 * (share['offer'] - share['holdout']):.1f}",
        "per_thousand": yuan(1000 * (net["offer"] - net["holdout"])),
        "sent": count((rows["arm"] == "offer").sum()),
    }


def answers(survey, survey_population):
    cells = ["app_user", "city_tier", "parity"]
    weights = cell_weights(survey, survey_population, cells, "households_thousand")
    worries = survey["worries_about_additives"]
    return {
        "asked": count(len(survey)),
        "worth_answers": count(effective_size(weights)),
        "worry_raw": percent(worries.mean(), 0),
        "worry": percent((weights * worries).sum() / weights.sum(), 0),
    }


def small_cards(card, target):
    """Shares of all sets of weights in which the target wins a card of three criteria: the third is margin, or reach."""
    wins = {
        third: weight_space(points(card[["households_thousand", "growth_a_year", third]]))[target]
        for third in ("margin", "reachable")
    }
    return {"wins_by_margin": percent(wins["margin"], 0), "wins_by_reach": percent(wins["reachable"], 0)}


def team(team_kpi):
    sheet = team_kpi[team_kpi["quarter"] == "2025-Q1"]
    raw = (sheet["actual"] / sheet["target"]).groupby(sheet["person"]).mean()
    fair = kpi_scores(sheet)
    return {
        "raw_first": raw.idxmax(),
        "raw_value": percent(raw.max(), 0),
        "fair_first": fair.index[0],
        "fair_value": f"{fair.iloc[0]:.2f}",
    }


def hooks(hook_funnel_daily):
    rows = hook_funnel_daily[hook_funnel_daily["date"].between(*QUARTER, inclusive="left")]
    sums = rows[rows["source"] != "parcel card"].groupby("hook")[["adds", "hook_cost"]].sum()
    cash = sums.loc["scan for CNY 20"]
    return {
        "adds": count(sums["adds"].sum()),
        "cash_adds": count(cash["adds"]),
        "cash_cost": yuan(cash["hook_cost"]),
    }


CRITERIA = {
    "insight": Criterion(
        "STP and insight",
        15,
        (
            "Slogans.",
            "Segments without validation.",
            "Stable segments, a weighted sample, a target score.",
            "Shows how the choice hangs on weights and on an interaction; says where the persona ends.",
        ),
        (
            "We speak to modern mothers who want the best for their child.",
            "{worry_raw} of the answers worry about additives, so our target are worried mothers. [Of {asked} answers; nobody asks whom they stand for.]",
            "Weighted to the households, {worry} worry about additives ({asked} answers, worth {worth_answers}). Four segments come again in both halves of "
            "the sample; the target is the one that is worth most in its first year.",
            "Weighted, {worry} worry. On a card of size, growth and margin the target wins in {wins_by_margin} of all sets of weights; with reach in the place of "
            "margin in {wins_by_reach}, and we say so. The message rests on a "
            "difference of two effects with its interval, it is for mothers of a first child on short video, and for nobody else yet.",
        ),
    ),
    "integration": Criterion(
        "Integration and attribution",
        20,
        (
            "Adds up what the platforms report.",
            "One model, one window.",
            "Windows aligned, the roles of the channels told, a marginal view.",
            "Evidence of several kinds laid side by side; says what would change the split.",
        ),
        (
            "All platforms together report more orders than in any spring before.",
            "Last click in thirty days gives most orders to search. Search gets more.",
            "All platforms at seven days after a click. Kuaishou ({kuaishou} in the second quarter) opens journeys and closes few. Douyin was planned with "
            "{planned_share} and billed with {billed_share}; what counts is what the next yuan brought, and it was estimated.",
            "Three kinds of evidence on Kuaishou: credit by journeys, luck of the pace, a geo test of feed ads. They disagree in size and agree in sign. We keep "
            "{kuaishou} for one quarter; a test in twelve cities with no difference would move it to content.",
        ),
    ),
    "arithmetic": Criterion(
        "Plan arithmetic",
        15,
        (
            "Targets do not add up.",
            "Small gaps remain in the sums.",
            "The tree closes within 1 %, the money is paced by kind of day.",
            "Bands for good and bad cases, and triggers written before the quarter.",
        ),
        (
            "Every channel grows by a fifth; media stay at {media}.",
            "Targets add up to 103 % of the goal; the rest will be found.",
            "Visits times CVR times AOV give the goal, channel by channel. SEM in June ran at {june_pace} of a plan by kind of day, which is inside its band.",
            "The tree closes in three cases: conversion as in spring, a tenth below, a tenth above. In the low case live is halved after week 4; the trigger "
            "and who pulls it stand in the plan. Kuaishou ran at {kuaishou_pace}: no trigger, no talk.",
        ),
    ),
    "growth": Criterion(
        "Private domain, creators, fission",
        20,
        (
            "Gross counts.",
            "Ratios without anybody to compare with.",
            "Selection and fraud are taken out.",
            "A hold-out is designed, and value is said in margin.",
        ),
        (
            "{adds} contacts were added in the second quarter, {cash_adds} of them by the red packet.",
            "The recall works: {answered} of the newly dormant who got it ordered within fourteen days.",
            "The recall adds {points} points: {answered} with it, {anyway} in the hold-out. The red packet cost {cash_cost} and brought contacts who left; "
            "sign-ups that share a phone are not counted.",
            "By the hold-out the recall leaves {per_thousand} a thousand messages, gifts paid. In the next quarter one contact in ten gets none, drawn by lot, for "
            "sixty days; {sent} messages show that this finds the effect. Creators and the mechanic are judged by margin per person who stays.",
        ),
    ),
    "review": Criterion(
        "Review discipline",
        15,
        (
            "Reacts to noise.",
            "Acts on the right thing, but late.",
            "Acts on triggers only.",
            "Says for each action what it did, against the quarter without it.",
        ),
        (
            "Kuaishou was cut on Tuesday, raised on Friday and cut again.",
            "In week 11 it was seen that the money had run out in week 8.",
            "Two reviews, three triggers. SEM stood at {june_pace}, below its limit: nothing was done, and the note says so.",
            "One trigger fired. The action is compared with the same quarter without it, under the same luck: effect, standard error, and what we would have "
            "read in the books instead. Where no such quarter exists, the note says that the effect is not known.",
        ),
    ),
    "team": Criterion(
        "Team and vendors",
        5,
        (
            "Raw completion decides.",
            "Weighted by importance, no more.",
            "Capped, weighted, adjusted for difficulty and for mix.",
            "Checks for fairness, and keeps a paid measure from bending the work.",
        ),
        (
            "{raw_first} leads the first quarter with {raw_value}.",
            "With weights, {raw_first} leads no longer.",
            "By the agreed rule {fair_first} leads with {fair_value}: capped at 120 %, weighted, by difficulty. Vendors are compared at equal audiences.",
            "{fair_first} leads with {fair_value}. Those with hard targets and those with easy ones were compared; group check-ins lose their weight, because what "
            "is paid for is done. Requests of other departments are taken off the hours before anything is planned.",
        ),
    ),
    "communication": Criterion(
        "Communication",
        10,
        (
            "A heap of numbers.",
            "A summary that asks for nothing.",
            "Number, evidence, ask.",
            "One page from which a director decides within a minute.",
        ),
        (
            "Media {media}, contacts {adds}, Douyin {billed_share}, pace {june_pace}, see sheet.",
            "The second quarter used {media} of media. Results are under observation.",
            "The recall leaves {per_thousand} a thousand messages. Evidence: a lot, {sent} messages. Approve by Friday that it goes to the newly dormant alone.",
            "Headline: what the quarter leaves, and beside it what it would have left as planned. One picture whose title says it. Ask: one decision, a name, a "
            "date. The last line says what would change our mind, and by how much.",
        ),
    ),
}
