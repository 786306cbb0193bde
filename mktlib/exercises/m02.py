"""M02 STP with data: segments, personas, targets, position, SWOT. Lesson: lessons/2_mid/M02_stp_with_data.md."""

import numpy as np
import pandas as pd

from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.course.text import points as pp
from mktlib.segments import (
    cell_weights,
    distances,
    interaction,
    perceptual_map,
    points,
    scaled,
    segments,
    stability,
    weight_space,
    weighted_share,
)

CELLS = ["app_user", "city_tier", "parity"]
ATTRIBUTES = ["safe", "gentle", "leak_proof", "value", "easy_to_buy", "trusted", "stylish", "helpful"]
FIRST, SECOND, BASE = "first", "second or later", "mother's diary"
VIDEO, LIST = "science video", "value list"
YOUNG = ["1990-1994", "1995-1999", "2000-2004"]
GEN_Z = ["1995-1999", "2000-2004"]
BOOKS = {"own": "by needs", "age": "by age and child"}
CRITERIA = ["households_thousand", "growth_a_year", "margin", "reachable", "cost_to_win"]
OLD_HALF, NEW_HALF = ("2024-07-01", "2024-12-23"), ("2025-06-30", "2025-12-22")
BEFORE = "Two questions from before"


@per_world
def panel_weights(survey, survey_population):
    """Thousand households that each respondent stands for."""
    return cell_weights(survey, survey_population, CELLS, "households_thousand")


@per_world
def needs(survey):
    """The twelve answers on needs."""
    return survey.filter(like="need_")


@per_world
def four(survey):
    """Four segments on scaled needs."""
    return segments(needs(survey), 4)


@per_world
def spend_bands(survey):
    """What k-means makes of needs and yuan as they stand: bands of spend."""
    from sklearn.cluster import KMeans

    both = needs(survey).assign(spend_month=survey["spend_month"])
    return pd.Series(KMeans(4, n_init=10, random_state=1).fit_predict(both), index=survey.index)


@per_world
def again(survey):
    """Agreement of segments found in two halves, by round, for the numbers that answers name."""
    return stability(needs(survey), [4, 5, 6], rounds=4)


def held(survey, groups):
    """Share of the variance of the scaled needs that lies between the groups."""
    values = scaled(needs(survey))
    return 1 - ((values - values.groupby(groups).transform("mean")) ** 2).sum().sum() / values.size


def worth_each(segment_targets):
    """Contribution of a household in its first year, in yuan, before it is won; by segment."""
    t = segment_targets.set_index("segment")
    return 12 * t["spend_month"] * t["share_of_wallet"] * t["margin"]


def first_year(segment_targets, households=None):
    """Contribution of a segment in the first year, thousand yuan, winning paid; by segment."""
    t = segment_targets.set_index("segment")
    if households is None:
        households = t["households_thousand"] * t["reachable"] * t["prefer_heyu"]
    return households * (worth_each(segment_targets) - t["cost_to_win"])


def won_there(segment_targets, segment):
    """What it costs to win the households of a segment, and what one that was won leaves."""
    t = segment_targets.set_index("segment")
    bill = (t["households_thousand"] * t["reachable"] * t["prefer_heyu"] * t["cost_to_win"])[segment]
    each = worth_each(segment_targets) - t["cost_to_win"]
    return (
        f"To win its households costs {million(bill)}. A household that was won leaves {yuan(each[segment])} in its first year; "
        f"in the best segment for that it leaves {each.max() / each[segment]:.1f} times as much."
    )


def million(thousand):
    return yuan(1000 * thousand)


# ---------------------------------------------------------------- two questions from before


@exercise(
    "M02.r1",
    title="An interval from a loss to a gain",
    kind="choice",
    practises=["R054"],
    minutes=(1, 2),
    section=BEFORE,
    options={
        "a": "B is better, because the most likely value of the difference is above zero",
        "b": "A and B do the same, because zero lies within the interval",
        "c": "B may be a little worse or clearly better, and the test was too small to say which",
    },
)
def read_interval():
    """An interval tells what the data leave open. This one leaves open both sides, and by how much."""
    return "c"


@read_interval.mistake("NO_UNCERTAINTY", repair="What would the same test show next week, with other people?")
def _():
    """You read the middle of the interval and left out its ends. The next test may well show the other sign."""
    return "a"


@read_interval.mistake("UNDERPOWERED_NULL", repair="Which gain would this test have missed?")
def _():
    """You took not proven for no effect. The upper end is a gain that would pay, and the test does not rule it out."""
    return "b"


read_interval.hints(
    "Which differences does the interval leave open?",
    "Its lower end is a small loss, its upper end a gain that matters.",
    "Zero inside means: not decided. It does not mean: zero.",
)


@exercise(
    "M02.r2",
    title="One share from two groups",
    kind="choice",
    practises=["R030"],
    minutes=(1, 2),
    section=BEFORE,
    options={
        "a": "40%, the middle of the two shares",
        "b": "24%, with the groups as large as they are in the country",
        "c": "20%, because the larger group decides",
    },
)
def one_share():
    """A rate of the whole belongs to the whole: each group counts with its size."""
    return "b"


@one_share.mistake("AVG_OF_RATIOS", repair="How many households stand behind each of the two shares?")
def _():
    """You gave each group one vote. One of them is nine times as large as the other."""
    return "a"


@one_share.mistake("AGG_HIDES", repair="Where did the households with the app go?")
def _():
    """You took the larger group for all. The smaller one is a tenth of the country and thinks otherwise."""
    return "c"


one_share.hints(
    "How large is each group in the country?",
    "Nine tenths of one share, one tenth of the other.",
    "0.9 x 0.20 + 0.1 x 0.60",
)


# ---------------------------------------------------------------- who answered, and for whom


@exercise(
    "M02.1",
    title="Share of households that prefer Heyu",
    kind="table",
    unit="fraction",
    tolerance=0.01,
    minutes=(5, 8),
    practises=["R030"],
    section="Who answered, and for whom",
    selfcheck={
        "grain": "one row of the survey is a respondent who stands for the households of her cell",
        "numerator and denominator": "weights of those who prefer Heyu over all weights",
        "half width": "1.96 times the root of p(1 - p) over the effective number of answers",
    },
)
def preference(survey, survey_population):
    """Weighted, the panel speaks for the country; the weights cost nearly half of the answers' worth."""
    found = weighted_share(survey["preferred_brand"] == "Heyu", panel_weights(survey, survey_population))
    return {"share": found["share"], "half width": found["high"] - found["share"]}


@preference.mistake("SAMPLE_BIAS", repair="Where were these respondents found?")
def _(survey, survey_population, segment_targets):
    """You counted every answer once. App users are a multiple of their share in the country, and they use the app because
    they like Heyu: more answers from there make the share more certain and no less wrong."""
    likes = (survey["preferred_brand"] == "Heyu").mean()
    app = survey_population.groupby("app_user")["households_thousand"].sum()
    true = weighted_share(survey["preferred_brand"] == "Heyu", panel_weights(survey, survey_population))[
        "share"
    ]
    extra = (likes - true) * survey_population["households_thousand"].sum()
    worth = (worth_each(segment_targets) * segment_targets.set_index("segment")["households_thousand"]).sum()
    worth /= segment_targets["households_thousand"].sum()
    return wrong(
        {"share": likes, "half width": 1.96 * np.sqrt(likes * (1 - likes) / len(survey))},
        shows={
            "app users among the answers": percent(survey["app_user"].mean()),
            "app users among the households": percent(app[True] / app.sum()),
        },
        cost=f"A plan built on it counts on households that prefer somebody else: {million(extra * worth)} of contribution a "
        "year that does not come.",
    )


@preference.mistake(
    "ROWS_AS_PEOPLE", repair="Do 1,800 answers of unequal weight tell as much as 1,800 of equal weight?"
)
def _(survey, survey_population):
    """You weighted the share and kept the number of rows in its error. A few answers now stand for many households, and
    chance in those few moves the whole."""
    weight = panel_weights(survey, survey_population)
    share = weighted_share(survey["preferred_brand"] == "Heyu", weight)["share"]
    return wrong(
        {"share": share, "half width": 1.96 * np.sqrt(share * (1 - share) / len(survey))},
        shows={
            "smallest weight, thousand households": f"{weight.min():.3f}",
            "largest weight, thousand households": f"{weight.max():.3f}",
        },
    )


@preference.slip("half width")
def _(survey, survey_population):
    """You gave the standard error, without the factor of 1.96."""
    found = weighted_share(survey["preferred_brand"] == "Heyu", panel_weights(survey, survey_population))
    return {"share": found["share"], "half width": (found["high"] - found["share"]) / 1.96}


preference.hints(
    "For how many households does one answer stand?",
    "Households of the cell over answers in the cell; then a weighted mean; then the effective number in the error.",
    "n = w.sum() ** 2 / (w ** 2).sum(); 1.96 * np.sqrt(p * (1 - p) / n)",
)


# ---------------------------------------------------------------- needs, not yuan


@prediction(
    "M02.a",
    title="Share of the differences in needs that age and child hold",
    unit="fraction",
    practises=["R047"],
    bounds=(0, 1),
    section="Needs, not yuan",
)
def guess_demography(survey):
    """About a hundredth. Who a mother is says little about what she wants; ask her what she wants."""
    return held(survey, survey["birth_year_band"] + survey["parity"])


@guess_demography.mistake(
    "PERSONA_STEREOTYPE", repair="How many mothers of the same age do you know who want the same?"
)
def _():
    """Personas have an age and a child, so needs should follow them. They differ far more within an age than between."""
    return 0.3


@exercise(
    "M02.2",
    title="What the segments hold of the needs",
    kind="table",
    unit="fraction",
    tolerance=0.002,
    minutes=(5, 8),
    practises=["R047", "R052"],
    section="Needs, not yuan",
    selfcheck={
        "grain": "one respondent; twelve needs, each less its mean and over its standard deviation",
        "groups": "four segments by k-means on the scaled needs alone; ten groups of age and child",
        "formula": "1 less squares within the groups over all squares, over all twelve needs",
    },
)
def needs_held(survey):
    """Segments made of needs hold a third of what differs; age and child hold next to nothing of it."""
    return {
        BOOKS["own"]: held(survey, four(survey)),
        BOOKS["age"]: held(survey, survey["birth_year_band"] + survey["parity"]),
    }


@needs_held.mistake(
    "UNSCALED_KMEANS", repair="How far apart are two households in yuan, and how far on a scale of seven?"
)
def _(survey, survey_population, segment_targets):
    """You let yuan and marks from 1 to 7 into one distance. A hundred yuan outweigh every need there is, so the clusters are
    bands of spend, and each band holds all kinds of needs."""
    bands = spend_bands(survey)
    spend = survey.groupby(bands)["spend_month"].mean()
    safety = segment_targets.set_index("segment").loc["safety"]
    missed = safety["households_thousand"] * safety["reachable"] * safety["cost_to_win"]
    return wrong(
        {
            BOOKS["own"]: held(survey, bands),
            BOOKS["age"]: held(survey, survey["birth_year_band"] + survey["parity"]),
        },
        shows={
            "mean spend of your lowest cluster": yuan(spend.min()),
            "of your highest cluster": yuan(spend.max()),
        },
        cost=f"A message on ingredients for such a band meets the safety segment no more often than chance. To win "
        f"as many households as safety has within reach costs {million(missed)}, most of it for people with another need.",
    )


@needs_held.mistake(
    "WRONG_DENOM", repair="Is what differs between the groups held by them, or what differs within?"
)
def _(survey):
    """You gave the share within the groups: what the segments do not explain."""
    return wrong(
        {
            BOOKS["own"]: 1 - held(survey, four(survey)),
            BOOKS["age"]: 1 - held(survey, survey["birth_year_band"] + survey["parity"]),
        },
        shows={
            "share within, if everybody were a group": "0%",
            "share within, if all were one group": "100%",
        },
    )


needs_held.hints(
    "Which of your columns would dominate a straight-line distance?",
    "Scale the twelve needs, k-means with 4, then squares around the group means over all squares.",
    "1 - ((z - z.groupby(groups).transform('mean')) ** 2).sum().sum() / z.size",
)


# ---------------------------------------------------------------- how many segments?


@exercise(
    "M02.3",
    title="How many segments",
    kind="table",
    unit={"segments": "count", "agreement": "fraction"},
    tolerance=0.01,
    minutes=(4, 6),
    practises=["R047"],
    section="How many segments?",
    selfcheck={
        "rule": "the largest number whose mean agreement is at least 0.5 and whose segments each lead in another need",
        "agreement": "the mean of the rounds for that number",
    },
)
def how_many(survey):
    """They come again in another half of the sample, and each needs another message. Both are asked of a segmentation."""
    return {"segments": 4, "agreement": again(survey)[4].mean()}


@how_many.mistake("K_BY_ELBOW", repair="Which need leads in each of your segments?")
def _(survey, segment_targets):
    """You took five segments, as a bend of the curve suggests. A bend says nothing about what anybody would do differently
    in each of them."""
    five = segments(needs(survey), 5)
    led = leading(survey, five)
    margin = worth_each(segment_targets).min() * segment_targets["households_thousand"].min()
    return wrong(
        {"segments": 5, "agreement": again(survey)[5].mean()},
        shows={"segments in your plan": "5", "different needs that lead in one": str(led.nunique())},
        cost=f"Two teams would court the same need with two messages. The smallest segment alone is worth "
        f"{million(margin)} a year; half of its effort is spent on a difference that nobody sees.",
    )


def leading(survey, found):
    """The group of needs that stands out most in each segment."""
    values = scaled(needs(survey))
    groups = ["safety"] * 3 + ["value"] * 3 + ["convenience"] * 3 + ["social"] * 3
    return values.groupby(found).mean().T.groupby(groups).mean().idxmax()


@how_many.slip("rule")
def _(survey):
    """You asked for the agreement alone. The rule has a second half: what leads in each segment."""
    found = again(survey)[6].mean()
    return {"segments": 6, "agreement": found} if found >= 0.5 else None


how_many.hints(
    "Which numbers come again, and which of them give segments that you would treat differently?",
    "Mean of each column of again; then the leading needs that the cell printed.",
    "The largest number with a mean of at least 0.5 and as many different leading needs as segments.",
)


@exercise(
    "M02.11",
    title="What agreement between halves allows you to say",
    kind="choice",
    minutes=(2, 3),
    practises=["R047", "R029"],
    section="How many segments?",
    options={
        "a": "there are four kinds of mothers in the country, and everybody belongs to one of them",
        "b": "who asked other mothers would cut nearly alike; that it is four is our choice, for four messages",
        "c": "a household of the safety segment puts ingredients first, so it needs no other message",
    },
)
def may_be_said():
    """A stable cut is a cut that others would make again. Needs are a landscape without fences."""
    return "b"


@may_be_said.mistake("CLUSTER_REIFY", repair="How many clusters did k-means find in the shuffled survey?")
def _(segment_targets):
    """You took the clusters for things in the world. K-means returns as many as it is asked for, and many households stand
    near the border between two."""
    t = segment_targets.set_index("segment")
    smallest = t["households_thousand"].idxmin()
    return wrong(
        "a",
        shows={"clusters asked for in shuffled answers": "4", "clusters found": "4"},
        cost=f"Closing the {smallest} segment as a kind of its own gives up households worth "
        f"{million(t.loc[smallest, 'households_thousand'] * worth_each(segment_targets)[smallest])} a year, many of which another message wins.",
    )


@may_be_said.mistake(
    "PERSONA_STEREOTYPE", repair="How far do two households of one segment differ in what they mark?"
)
def _(survey):
    """You took the mean of a segment for each of its members. Most of what differs in needs differs within the segments."""
    return wrong(
        "c",
        shows={
            "share of differences within segments": percent(1 - held(survey, four(survey))),
            "within one member": "0%",
        },
    )


may_be_said.hints(
    "What does k-means return when there is nothing to find?",
    "Agreement is about the cut, not about the country.",
    "Look for the sentence that says who chose the number.",
)


# ---------------------------------------------------------------- a persona is a difference of two effects


@per_world
def shown(content_test):
    """Click rates by child and content."""
    sums = content_test.groupby(["parity", "content"])[["clicks", "impressions"]].sum()
    return (sums["clicks"] / sums["impressions"]).unstack("content")


def extra_clicks(content_test, gain):
    """What a gain in CTR is worth: clicks of a million impressions at the test's price."""
    price = content_test["cost"].sum() / content_test["clicks"].sum()
    return yuan(1e6 * gain * price)


@exercise(
    "M02.4",
    title="Two persona hypotheses",
    kind="table",
    unit="pp",
    tolerance=0.01,
    minutes=(5, 8),
    practises=["R016", "R054", "R055"],
    section="A persona is a difference of two effects",
    selfcheck={
        "grain": "one row is a week, an age, a child and a content; add up clicks and impressions first",
        "formula": "(content less diary, persona) less (content less diary, the other child), as fractions",
        "filter": "all ages; the child alone makes the persona here",
    },
)
def personas(content_test):
    """Each content helps the one and hardly the other: two effects and their difference, with an interval that leaves out zero."""
    science = interaction(content_test, "parity", (FIRST, SECOND), VIDEO, BASE)
    value = interaction(content_test, "parity", (SECOND, FIRST), LIST, BASE)
    return {VIDEO: science["difference"], LIST: value["difference"]}


@personas.mistake("NO_COMPARISON", repair="How often do the same mothers click on a diary?")
def _(content_test):
    """You gave how often the persona clicks. These mothers click on nearly everything; a rate with nothing beside it
    proves no preference."""
    rate = shown(content_test)
    return wrong(
        {VIDEO: rate.loc[FIRST, VIDEO], LIST: rate.loc[SECOND, LIST]},
        shows={
            "first child, CTR of the science video": percent(rate.loc[FIRST, VIDEO]),
            "first child, CTR of the diary": percent(rate.loc[FIRST, BASE]),
        },
        cost=f"Booked as the video's success, a million impressions would claim clicks worth {extra_clicks(content_test, rate.loc[FIRST, BASE])} "
        "that the diary brings as well.",
    )


@personas.mistake("CONFOUND_SEGMENT", repair="Do the two audiences click alike on the diary?")
def _(content_test):
    """You compared two audiences on one content. They differ before any content is shown, and that difference went into
    your number."""
    rate = shown(content_test)
    return wrong(
        {
            VIDEO: rate.loc[FIRST, VIDEO] - rate.loc[SECOND, VIDEO],
            LIST: rate.loc[SECOND, LIST] - rate.loc[FIRST, LIST],
        },
        shows={
            "CTR of the diary, first child": percent(rate.loc[FIRST, BASE], 2),
            "second or later": percent(rate.loc[SECOND, BASE], 2),
        },
        cost=f"On a million impressions, clicks worth {extra_clicks(content_test, abs(rate.loc[FIRST, BASE] - rate.loc[SECOND, BASE]))} "
        "would be put down to the contents, and are due to who saw them.",
    )


@personas.mistake(
    "PERSONA_STEREOTYPE", repair="What do young mothers of a second child do with the science video?"
)
def _(content_test):
    """You cut by year of birth: 'post-90' and the rest. Most of the young have a first child, so age borrows a little of
    the effect; within one child, age adds hardly anything."""
    test = content_test.assign(young=content_test["birth_year_band"].isin(YOUNG))
    gap = {
        VIDEO: interaction(test, "young", (True, False), VIDEO, BASE)["difference"],
        LIST: interaction(test, "young", (False, True), LIST, BASE)["difference"],
    }
    of_young = {
        child: interaction(test[test["parity"] == child], "young", (True, False), VIDEO, BASE)["effect_one"]
        for child in (FIRST, SECOND)
    }
    young = test[test["young"]].groupby("parity")["impressions"].sum()
    wasted = (young / young.sum())[SECOND]
    price = 1000 * content_test["cost"].sum() / content_test["impressions"].sum()
    return wrong(
        gap,
        shows={
            "effect of the video, young, first child": pp(of_young[FIRST], 2),
            "young, second or later child": pp(of_young[SECOND], 2),
        },
        cost=f"Of a million impressions for 'all post-90 mothers', {percent(wasted)} go to mothers of a second child, to whom the "
        f"video adds nothing: {yuan(wasted * 1000 * price)}.",
    )


@personas.slip("formula")
def _(content_test):
    """You gave the effect on the persona alone. Whether it is hers shows beside the effect on the other mothers."""
    rate = shown(content_test)
    return {
        VIDEO: rate.loc[FIRST, VIDEO] - rate.loc[FIRST, BASE],
        LIST: rate.loc[SECOND, LIST] - rate.loc[SECOND, BASE],
    }


personas.hints(
    "Better than what, and for whom more than for whom?",
    "First the effect within each child, content less diary; then one effect less the other.",
    '(r.loc["first", "science video"] - r.loc["first", "mother\'s diary"]) - (the same for "second or later")',
)


# ---------------------------------------------------------------- generation Z


@per_world
def platform_shares(survey, survey_population):
    """Weighted table: born from 1995 on or not, by main platform Bilibili or Xiaohongshu or not; households."""
    young = survey["birth_year_band"].isin(GEN_Z)
    there = survey["main_platform"].isin(["Bilibili", "Xiaohongshu"])
    weight = panel_weights(survey, survey_population)
    return weight.groupby([young.rename("young"), there.rename("there")]).sum().unstack()


@exercise(
    "M02.12",
    title="Generation Z and two platforms",
    kind="table",
    unit="fraction",
    tolerance=0.01,
    minutes=(3, 5),
    practises=["R051", "R053", "R056"],
    section="An age is no address",
    selfcheck={
        "grain": "one respondent with her weight",
        "numerator and denominator": "households with Bilibili or Xiaohongshu as main platform over all households of that age",
    },
)
def generation_z(survey, survey_population):
    """About twice as often as the others, and still only about half of them: an index is no address."""
    t = platform_shares(survey, survey_population)
    return {
        "born from 1995 on": t.loc[True, True] / t.loc[True].sum(),
        "born before": t.loc[False, True] / t.loc[False].sum(),
    }


@generation_z.mistake("MATRIX_DENOM", repair="Of all whom do you speak: of an age, or of a platform?")
def _(survey, survey_population):
    """You divided by the users of the platforms. That tells who is met there, not where an age is met."""
    t = platform_shares(survey, survey_population)
    return wrong(
        {
            "born from 1995 on": t.loc[True, True] / t[True].sum(),
            "born before": t.loc[False, True] / t[True].sum(),
        },
        shows={
            "your two shares add up to": "100%",
            "shares of two different ages": "need not add up to anything",
        },
    )


@generation_z.mistake("PERSONA_STEREOTYPE", repair="Where is the other half of that age?")
def _(survey, survey_population, segment_targets):
    """You gave the whole age to the two platforms. An age that is found there twice as often as others is not an age that
    is found nowhere else."""
    t = platform_shares(survey, survey_population)
    lost = t.loc[True, False]
    each = first_year(segment_targets).sum() / segment_targets["households_thousand"].sum()
    return wrong(
        {"born from 1995 on": 1.0, "born before": 0.0},
        shows={
            "households of that age elsewhere, thousand": count(lost),
            "older households on the two, thousand": count(t.loc[False, True]),
        },
        cost=f"A plan that meets that age on the two platforms alone leaves {count(1000 * lost)} households aside: "
        f"{million(lost * each)} of first-year contribution at the mean of all segments.",
    )


@generation_z.slip("grain")
def _(survey, survey_population):
    """You averaged the rows of the table. Its ages are not equally large."""
    there = survey["main_platform"].isin(["Bilibili", "Xiaohongshu"])
    weight = panel_weights(survey, survey_population)
    share = (weight * there).groupby(survey["birth_year_band"]).sum()
    share /= weight.groupby(survey["birth_year_band"]).sum()
    return {"born from 1995 on": share[GEN_Z].mean(), "born before": share.drop(GEN_Z).mean()}


generation_z.hints(
    "Which group is the whole of your share?",
    "Weights of those on the two platforms over weights of all of that age, once for each age.",
    "weight[young & there].sum() / weight[young].sum(), with there = main_platform.isin([...])",
)


# ---------------------------------------------------------------- which target?


@exercise(
    "M02.5",
    title="The segment worth most",
    kind="table",
    unit={"target": "text", "worth": "times"},
    tolerance=0.01,
    minutes=(4, 7),
    practises=["R048"],
    section="Which target?",
    selfcheck={
        "who": "households x reachable x prefer_heyu: those who can be reached and would choose Heyu",
        "worth of one": "12 months x spend x share of wallet x margin, less the cost to win her",
        "unit": "thousand yuan, as households are in thousands",
    },
)
def target(segment_targets):
    """What a segment is worth is a product: who can be won, times what one brings, less what one costs."""
    worth = first_year(segment_targets)
    return {"target": worth.idxmax(), "worth": worth.max()}


@target.mistake(
    "SIZE_ONLY", repair="What is left of a household of that segment after goods and the cost of winning it?"
)
def _(segment_targets):
    """You took the largest segment. It buys with the thinnest margin, divides its purse and likes another brand: many
    households, little from each."""
    worth, t = first_year(segment_targets), segment_targets.set_index("segment")
    largest = t["households_thousand"].idxmax()
    return wrong(
        {"target": largest, "worth": worth[largest]},
        shows={
            "margin of the largest segment": percent(t.loc[largest, "margin"]),
            "mean margin of the others": percent(t["margin"].drop(largest).mean()),
        },
        cost=won_there(segment_targets, largest),
    )


@target.mistake("MARGIN_IGNORED", repair="Who pays for the goods in the parcel?")
def _(segment_targets):
    """You counted what the households spend with Heyu. Goods and shipping are paid from it first."""
    t = segment_targets.set_index("segment")
    won = t["households_thousand"] * t["reachable"] * t["prefer_heyu"]
    worth = won * (12 * t["spend_month"] * t["share_of_wallet"] - t["cost_to_win"])
    return wrong(
        {"target": worth.idxmax(), "worth": worth.max()},
        shows={
            "of a yuan spent, left in the best case": percent(t["margin"].max()),
            "in your calculation": "100%",
        },
        cost=f"Of {yuan(100)} that such a household spends, {yuan(100 * (1 - t.loc[worth.idxmax(), 'margin']))} goes to goods and "
        "shipping.",
    )


@target.mistake("COST_PARTIAL", repair="What has to be spent before the first order comes?")
def _(segment_targets):
    """You left out what it costs to win a household. It is paid once, before anything comes back."""
    t = segment_targets.set_index("segment")
    won = t["households_thousand"] * t["reachable"] * t["prefer_heyu"]
    worth = won * worth_each(segment_targets)
    return wrong(
        {"target": worth.idxmax(), "worth": worth.max()},
        shows={
            "cheapest household to win": yuan(t["cost_to_win"].min()),
            "dearest": yuan(t["cost_to_win"].max()),
        },
        cost=f"For each thousand households won the budget would be short of {million(t.loc[worth.idxmax(), 'cost_to_win'])} of "
        "media.",
    )


@target.slip("who")
def _(segment_targets):
    """You left out whether they prefer Heyu. Who is reached and likes another brand is not won."""
    t = segment_targets.set_index("segment")
    worth = first_year(segment_targets, t["households_thousand"] * t["reachable"])
    return {"target": worth.idxmax(), "worth": worth.max()}


target.hints(
    "Who can be won, and what does one bring?",
    "Reachable households that prefer Heyu, times a year's margin less the cost to win; take the largest.",
    "t.households_thousand * t.reachable * t.prefer_heyu * (12 * t.spend_month * t.share_of_wallet * t.margin - t.cost_to_win)",
)


@exercise(
    "M02.13",
    title="Share of the weights in which a segment wins",
    kind="table",
    unit="fraction",
    tolerance=0.01,
    minutes=(4, 6),
    practises=["R048"],
    section="Turn the weights",
    selfcheck={
        "points": "0 for the worst and 1 for the best segment in each criterion; for cost_to_win the other way around",
        "winner": "in each row of weights the segment with the largest sum",
    },
)
def wins(segment_targets):
    """Two segments share the space. With these criteria the scorecard says how you weigh, not which segment is better."""
    won = weight_space(points(segment_targets.set_index("segment")[CRITERIA], ["cost_to_win"]))
    return {"safety": won["safety"], "value": won["value"]}


@wins.mistake("DEF_MISMATCH", repair="Is a high cost good?")
def _(segment_targets):
    """You gave the dearest segment the best mark for its cost. In a scorecard high has to be good in every column, and the
    cost has to be turned around."""
    won = weight_space(points(segment_targets.set_index("segment")[CRITERIA]))
    t = segment_targets.set_index("segment")
    dearest = t["cost_to_win"].idxmax()
    return wrong(
        {"safety": won["safety"], "value": won["value"]},
        shows={
            "segment with your best mark for cost": dearest,
            "what one of its households costs": yuan(t.loc[dearest, "cost_to_win"]),
        },
        cost=f"Each thousand households won there cost {yuan(1000 * (t['cost_to_win'].max() - t['cost_to_win'].min()))} more than in the cheapest segment.",
    )


@wins.mistake(
    "UNSCALED_KMEANS", repair="How large is a difference in households, and how large one in growth?"
)
def _(segment_targets):
    """You weighted the columns as they stand. Thousands of households outvote fractions whatever the weights are, so one
    column decides alone."""
    facts = segment_targets.set_index("segment")[CRITERIA]
    facts["cost_to_win"] = facts["cost_to_win"].max() - facts["cost_to_win"]
    won = weight_space(facts)
    return wrong(
        {"safety": won["safety"], "value": won["value"]},
        shows={
            "range of households, thousand": count(np.ptp(facts["households_thousand"])),
            "range of growth": f"{np.ptp(facts['growth_a_year']):.2f}",
        },
        cost=f"The largest segment would win nearly always. {won_there(segment_targets, facts['households_thousand'].idxmax())}",
    )


@wins.slip("points")
def _(segment_targets):
    """You weighted the columns as they stand, and a high cost counts for a segment. Make points of them first."""
    won = weight_space(segment_targets.set_index("segment")[CRITERIA])
    return {"safety": won["safety"], "value": won["value"]}


wins.hints(
    "Which columns have to be made comparable, and which turned around?",
    "Points from 0 to 1, cost as one less; weights times points; the place of the largest in each row.",
    "winner = (weights @ p.to_numpy().T).argmax(axis=1); then the mean of winner == place",
)


# ---------------------------------------------------------------- position


@exercise(
    "M02.6",
    title="The nearest rival",
    kind="table",
    unit={"rival": "text", "explained": "fraction"},
    tolerance=0.002,
    minutes=(4, 7),
    practises=["R049", "R124"],
    section="A map is a plane",
    selfcheck={
        "distance": "over all eight attributes: root of the sum of squared differences of mean ratings",
        "explained": "share of the variance of single ratings on the first two axes",
    },
)
def nearest(brand_ratings):
    """Distances are read where nothing has been left out. The plane keeps half of what differs, and hid the rest of the way."""
    found = perceptual_map(brand_ratings, ATTRIBUTES)
    return {"rival": distances(found["means"], "Heyu").index[0], "explained": found["explained"]}


@nearest.mistake("PCA_OVERREAD", repair="What has the plane left out?")
def _(brand_ratings, segment_targets):
    """You read a distance off the picture. The two axes hold about half of what differs; two brands that are far apart in
    the rest lie on top of each other here."""
    found = perceptual_map(brand_ratings, ATTRIBUTES)
    near = distances(found["brands"], "Heyu").index[0]
    t = segment_targets.set_index("segment").loc["safety"]
    budget = 0.1 * t["households_thousand"] * t["cost_to_win"]
    return wrong(
        {"rival": near, "explained": found["explained"]},
        shows={
            f"distance to {near} on the plane": f"{distances(found['brands'], 'Heyu')[near]:.2f}",
            "over all attributes": f"{distances(found['means'], 'Heyu')[near]:.2f}",
        },
        cost=f"A campaign that sets Heyu apart from {near} for a tenth of the safety segment costs {million(budget)}; the rival whom "
        "mothers confuse with Heyu is another one.",
    )


@nearest.mistake("AGG_HIDES", repair="How many rows went into your axes: brands, or ratings?")
def _(brand_ratings):
    """You took the axes from six brand means. Means hide how single mothers differ, so two axes seem to hold more than
    they do."""
    found = perceptual_map(brand_ratings, ATTRIBUTES)
    size = np.linalg.eigvalsh(np.cov(found["means"].to_numpy().T))[::-1]
    return wrong(
        {"rival": distances(found["means"], "Heyu").index[0], "explained": size[:2].sum() / size.sum()},
        shows={
            "rows behind your axes": count(len(found["means"])),
            "ratings in the table": count(len(brand_ratings)),
        },
    )


nearest.hints(
    "Where are all eight attributes still there?",
    "Means by brand, differences to Heyu, squared, added up, root; eigenvalues of the covariance of single ratings.",
    "gaps = means.drop('Heyu') - means.loc['Heyu']; (gaps ** 2).sum(axis=1) ** 0.5",
)


# ---------------------------------------------------------------- a rival enters


@per_world
def search_shares(competitors):
    """By half year: mean weekly share of search of Heyu with all rivals, without the entrant, of mentions; and its own index."""

    def halves(column, leave_out=()):
        index = (
            competitors.pivot(index="week_start", columns="brand", values=column)
            .fillna(0)
            .drop(columns=list(leave_out))
        )
        share = index["Heyu"] / index.sum(axis=1)
        return share[slice(*OLD_HALF)].mean(), share[slice(*NEW_HALF)].mean()

    own = competitors[competitors["brand"] == "Heyu"].set_index("week_start")["search_index"]
    return {
        "search": halves("search_index"), "old rivals": halves("search_index", ["Xu'an"]), "mentions": halves("mentions"),
        "own": (own[slice(*OLD_HALF)].sum(), own[slice(*NEW_HALF)].sum()),
    }  # fmt: skip


@exercise(
    "M02.14",
    title="Change of Heyu's share of search",
    kind="number",
    unit="pp",
    tolerance=0.005,
    minutes=(4, 6),
    practises=["R029", "R032"],
    section="A rival enters",
    selfcheck={
        "grain": "one row is a week and a brand",
        "numerator and denominator": "Heyu's search index over the sum of all brands of the week, then the mean of the weeks",
        "window": "26 weeks from 1 July 2024, 26 weeks from 30 June 2025",
    },
)
def search_lost(competitors):
    """Against the market of each week, season and the whole demand cancel out; what is left is the rival."""
    before, after = search_shares(competitors)["search"]
    return after - before


def market_cost(segment_targets, share):
    """Yuan a year of a share of all households."""
    t = segment_targets.set_index("segment")
    return million(share * (t["households_thousand"] * worth_each(segment_targets)).sum())


@search_lost.mistake(
    "NO_COMPARISON", repair="By how much did the searches of all brands rise in the same weeks?"
)
def _(competitors, segment_targets):
    """You took Heyu's own index. It rose; so did the market, and faster: a curve that climbs may be falling behind."""
    own = search_shares(competitors)["own"]
    total = competitors.groupby("week_start")["search_index"].sum()
    lost = np.subtract(*search_shares(competitors)["search"])
    return wrong(
        own[1] / own[0] - 1,
        shows={
            "growth of Heyu's index": percent(own[1] / own[0] - 1),
            "growth of all brands together": percent(
                total[slice(*NEW_HALF)].sum() / total[slice(*OLD_HALF)].sum() - 1
            ),
        },
        cost=f"A report of growth hides it. If preference follows searches, households worth {market_cost(segment_targets, lost)} a year change "
        "hands before anybody reacts.",
    )


@search_lost.mistake("WRONG_DENOM", repair="Which brands are searched today that nobody searched a year ago?")
def _(competitors, segment_targets):
    """You kept the list of rivals of last year. The brand that took the share is not on it."""
    before, after = search_shares(competitors)["old rivals"]
    return wrong(
        after - before,
        shows={
            "brands in the market in 2024": count(
                competitors.query("week_start < '2025-01-01'")["brand"].nunique()
            ),
            "in 2025": count(competitors.query("week_start >= '2025-03-01'")["brand"].nunique()),
        },
    )


@search_lost.mistake("PROXY_METRIC", repair="Who wrote the posts, and how many of them are copies?")
def _(competitors, segment_targets):
    """You took mentions. Reposts are bought and copied; they tell how loud a brand is, and the entrant is loud."""
    before, after = search_shares(competitors)["mentions"]
    new = competitors[(competitors["brand"] == "Xu'an") & competitors["week_start"].between(*NEW_HALF)]
    copied = 1 - new["mentions_unique"].sum() / new["mentions"].sum()
    return wrong(
        after - before,
        shows={
            "posts that name the entrant": count(new["mentions"].sum()),
            "without reposts": count(new["mentions_unique"].sum()),
        },
        cost=f"A defence of {yuan(100000)} that is spent by posts would send {yuan(100000 * copied)} after copies.",
    )


@search_lost.slip("numerator and denominator")
def _(competitors):
    """You gave the change as a part of the old share. Asked for is the later share less the earlier."""
    before, after = search_shares(competitors)["search"]
    return after / before - 1


search_lost.hints(
    "Grown compared with whom?",
    "A table of weeks by brand; Heyu over the sum of the row; mean of each window; later less earlier.",
    'share = index["Heyu"] / index.sum(axis=1); share["2025-06-30":"2025-12-22"].mean() - ...',
)


# ---------------------------------------------------------------- SWOT


SWOT = {"a": "T", "b": "O", "c": "W", "d": "S", "e": "none", "f": "none", "g": "none"}


@exercise(
    "M02.7",
    title="A SWOT that cites its evidence",
    kind="table",
    unit="text",
    minutes=(4, 7),
    practises=["R034", "R029"],
    section="SWOT with evidence",
    selfcheck={
        "inside or outside": "strengths and weaknesses are Heyu's own, opportunities and threats are the market's",
        "evidence": "a claim needs a measure and something beside it: a rival, the market, an earlier period of both",
    },
)
def swot():
    """Four claims have a measure with a comparison, two inside and two outside; three have no evidence that carries them."""
    return dict(SWOT)


@swot.mistake("SWOT_MIXUP", repair="Would it be true of the market if Heyu did not exist?")
def _(brand_ratings, segment_targets):
    """You sorted by good and bad alone. A product that leaks is Heyu's own to repair, and a market that grows is there for
    every rival: inside and outside ask for different actions."""
    leak = perceptual_map(brand_ratings, ATTRIBUTES)["means"]["leak_proof"]
    t = segment_targets.set_index("segment").loc["safety"]
    return wrong(
        SWOT | {"b": "S", "c": "T"},
        shows={
            "who can change how leak-proof Heyu is": "Heyu",
            "who gains if a segment grows": f"all {len(leak)} brands",
        },
        cost=f"A growth that is booked as Heyu's strength needs no budget. The new households of the segment alone cost "
        f"{million(t['households_thousand'] * t['growth_a_year'] * t['cost_to_win'])} a year to win.",
    )


@swot.mistake("NO_COMPARISON", repair="By how much did the searches of the others rise?")
def _(competitors):
    """You accepted a growth with nothing beside it. A number is not yet evidence: the market grew more."""
    own = search_shares(competitors)["own"]
    total = competitors.groupby("week_start")["search_index"].sum()
    return wrong(
        SWOT | {"g": "S"},
        shows={
            "growth of Heyu's index": percent(own[1] / own[0] - 1),
            "growth of all brands together": percent(
                total[slice(*NEW_HALF)].sum() / total[slice(*OLD_HALF)].sum() - 1
            ),
        },
    )


@swot.mistake("FLUENCY_AS_FACT", repair="Which number stands behind each of the two sentences?")
def _(segment_targets):
    """You accepted claims because everybody in the room nods. Neither cites a measure, so nobody could ever find them wrong."""
    t = segment_targets.set_index("segment")
    return wrong(
        SWOT | {"e": "S", "f": "O"},
        shows={
            "measures behind the two claims": "0",
            "measure behind the claim on the entrant": "share of search",
        },
        cost=f"A plan that rests on such a claim may send a year's media the wrong way: winning a tenth of all reachable households costs "
        f"{million(0.1 * (t['households_thousand'] * t['reachable'] * t['cost_to_win']).sum())}.",
    )


swot.hints(
    "Whose fact is it, and what stands beside it?",
    "First strike out what has no measure or no comparison. Then inside or outside, good or bad.",
    "Three claims are 'none'; each of S, W, O, T is left once.",
)


# ---------------------------------------------------------------- what eight can say


@prediction(
    "M02.b",
    title="Share of households that worry about additives",
    unit="fraction",
    practises=["R031"],
    bounds=(0, 1),
    section="What eight can say",
)
def guess_worry(survey, survey_population):
    """About a third. The eight were found in a group on ingredients."""
    return weighted_share(survey["worries_about_additives"], panel_weights(survey, survey_population))[
        "share"
    ]


@guess_worry.mistake("QUAL_AS_QUANT", repair="Where were the eight found?")
def _(interviews):
    """Six of eight is a share of eight. It says that the worry exists and how it sounds, not how many have it."""
    return (
        interviews.loc[interviews["code_a"] == "additives", "interview"].nunique()
        / interviews["interview"].nunique()
    )


@exercise(
    "M02.8",
    title="How many worry about additives",
    kind="number",
    unit="fraction",
    tolerance=0.002,
    bounds=(0, 1),
    minutes=(2, 4),
    practises=["R031", "R030"],
    section="What eight can say",
    selfcheck={
        "grain": "one respondent of the survey with her weight",
        "numerator and denominator": "weights of those who worry over all weights",
    },
)
def worry(survey, survey_population):
    """Interviews found the worry and its words; the weighted survey says how many share it."""
    return weighted_share(survey["worries_about_additives"], panel_weights(survey, survey_population))[
        "share"
    ]


@worry.mistake("QUAL_AS_QUANT", repair="Through which door did the eight come in?")
def _(survey, survey_population, interviews, segment_targets):
    """You made a percentage of eight people. Most of them came from a group on ingredients, where the worry is the ticket of
    entry."""
    talks = interviews.drop_duplicates("interview")
    afraid = interviews.loc[interviews["code_a"] == "additives", "interview"].nunique() / len(talks)
    true = weighted_share(survey["worries_about_additives"], panel_weights(survey, survey_population))[
        "share"
    ]
    t = segment_targets.set_index("segment")
    extra = (afraid - true) * (t["households_thousand"] * t["reachable"]).sum()
    return wrong(
        afraid,
        shows={
            "interviews through the ingredient group or a friend from it": count(
                (talks["recruited_through"] != "WeCom adviser").sum()
            ),
            "interviews": count(len(talks)),
        },
        cost=f"A campaign against additives sized for it would pay {million(extra * t['cost_to_win'].mean())} to win households "
        "without that worry.",
    )


@worry.mistake("ROWS_AS_PEOPLE", repair="How many quotes did each mother give?")
def _(interviews):
    """You counted quotes. A mother who says it three times is one mother, and eight are still eight."""
    said = (interviews["code_a"] == "additives").sum()
    return wrong(
        said / len(interviews),
        shows={"quotes": count(len(interviews)), "mothers": count(interviews["interview"].nunique())},
    )


worry.hints(
    "Which table was asked of many, by a plan?",
    "The weighted mean of worries_about_additives.",
    'np.average(survey["worries_about_additives"], weights=weight)',
)


@per_world
def trust_codes(interviews):
    """Quotes coded 'trust' by the first, by the second, by both, by either."""
    a, b = interviews["code_a"] == "trust", interviews["code_b"] == "trust"
    return {"a": a.sum(), "b": b.sum(), "both": (a & b).sum(), "either": (a | b).sum()}


@exercise(
    "M02.15",
    title="Do two coders mean the same by trust",
    kind="number",
    unit="fraction",
    bounds=(0, 1),
    minutes=(2, 4),
    practises=["R031"],
    section="What eight can say",
    selfcheck={
        "numerator and denominator": "quotes that both coded as trust over quotes that at least one of them coded so",
        "filter": "the theme trust only",
    },
)
def trust_agreement(interviews):
    """A theme is as clear as two people agree on it. Where they do not, its definition is rewritten, not averaged."""
    found = trust_codes(interviews)
    return found["both"] / found["either"]


@trust_agreement.mistake("AGG_HIDES", repair="In which themes do the two part?")
def _(interviews):
    """You gave the agreement over all themes. Easy themes make it high, and hide that the hard one is coded as each likes."""
    same = (interviews["code_a"] == interviews["code_b"]).mean()
    price = interviews["code_a"].eq("price") & interviews["code_b"].eq("price")
    either = interviews["code_a"].eq("price") | interviews["code_b"].eq("price")
    return wrong(
        same,
        shows={
            "agreement on price": percent(price.sum() / either.sum(), 0),
            "themes": count(interviews["code_a"].nunique()),
        },
    )


@trust_agreement.mistake("WRONG_DENOM", repair="What of the quotes that only the second called trust?")
def _(interviews):
    """You divided by the quotes of the first coder. Those that the second added are disagreements, too."""
    found = trust_codes(interviews)
    return wrong(
        found["both"] / found["a"],
        shows={"trust by the first coder": count(found["a"]), "by the second": count(found["b"])},
    )


trust_agreement.hints(
    "How many quotes does at least one of the two call trust?",
    "Both over either.",
    "(a & b).sum() / (a | b).sum(), with a = code_a == 'trust'",
)


# ---------------------------------------------------------------- the mixed case


PAINS = ["leak", "skin"]


@per_world
def pains(service_tickets, orders, customers, refunds):
    """Complaints on leaks and skin, once per order and category, with what was refunded on the order and whose it is."""
    paid_back = refunds.groupby("order_id")["amount"].sum().rename("refunded")
    rows = service_tickets[service_tickets["category"].isin(PAINS)].drop_duplicates(["order_id", "category"])
    rows = rows.merge(orders[["order_id", "customer_id", "amount"]], on="order_id", how="left")
    rows = rows.merge(customers[["customer_id", "parity"]], on="customer_id", how="left").merge(
        paid_back, on="order_id", how="left"
    )
    return rows.assign(refunded=rows["refunded"].fillna(0))


def by_pain(rows, column):
    return rows.groupby("category")[column].sum().reindex(PAINS).to_dict()


@exercise(
    "M02.9",
    title="What two pains cost, for mothers of a first child",
    kind="table",
    unit="CNY",
    tolerance=0.01,
    minutes=(7, 10),
    practises=["R050", "R058"],
    section="Mixed case: the pain behind the target",
    selfcheck={
        "grain": "one order with a complaint of that kind; a second ticket on the same order adds nothing",
        "numerator and denominator": "yuan refunded on these orders",
        "filter": "customers with a first child",
        "window": "all tickets of the table",
    },
)
def pain_cost(service_tickets, orders, customers, refunds):
    """A pain is ranked by what it takes, in the segment that you want; refunds are the part of it that is booked."""
    rows = pains(service_tickets, orders, customers, refunds)
    return by_pain(rows[rows["parity"] == FIRST], "refunded")


@pain_cost.mistake("AGG_HIDES", repair="Who are the customers of your sum?")
def _(service_tickets, orders, customers, refunds):
    """You added up all customers. The question is about the persona; others have pains of their own."""
    rows = pains(service_tickets, orders, customers, refunds)
    other = rows[rows["parity"] != FIRST]["refunded"].sum()
    return wrong(
        by_pain(rows, "refunded"),
        shows={
            "complaints of all": count(len(rows)),
            "of customers with a first child": count((rows["parity"] == FIRST).sum()),
        },
        cost=f"{yuan(other)} in your sum was refunded to mothers of a second child, whom the repair for this persona is not made for.",
    )


@pain_cost.mistake("GMV_AS_REVENUE", repair="Was every order with a complaint paid back?")
def _(service_tickets, orders, customers, refunds):
    """You took the whole amount of the orders. Most complaints end without a refund, or with a part of it."""
    rows = pains(service_tickets, orders, customers, refunds).query("parity == 'first'")
    return wrong(
        by_pain(rows, "amount"),
        shows={
            "orders with a complaint": count(len(rows)),
            "with a refund": count((rows["refunded"] > 0).sum()),
        },
        cost=f"{yuan(rows['amount'].sum() - rows['refunded'].sum())} of your sum stayed with Heyu; a repair that costs as much would be approved on it.",
    )


@pain_cost.mistake("AVERAGE_PLAN", repair="Are complaints on leaks refunded as the average refund is?")
def _(service_tickets, orders, customers, refunds):
    """You multiplied complaints by the mean refund. Not every complaint is refunded, and these baskets are not the average one."""
    rows = pains(service_tickets, orders, customers, refunds).query("parity == 'first'")
    mean = refunds.groupby("order_id")["amount"].sum().mean()
    found = {pain: number * mean for pain, number in rows["category"].value_counts().reindex(PAINS).items()}
    return wrong(
        found,
        shows={
            "mean refund of the shop": yuan(mean),
            "refunded complaints among these": percent((rows["refunded"] > 0).mean(), 0),
        },
        cost=f"It is {yuan(abs(sum(found.values()) - rows['refunded'].sum()))} away from what was paid back.",
    )


pain_cost.hints(
    "Which tables know the complaint, the customer and the refund?",
    "Tickets of the two kinds, once per order; join orders, customers, and refunds added up by order; first child; sum.",
    'rows.query("parity == \'first\'").groupby("category")["amount"].sum()',
)


# ---------------------------------------------------------------- the memo


@exercise(
    "M02.10",
    title="The memo",
    kind="memo",
    unit="thousand CNY",
    minutes=(5, 9),
    practises=["R016", "R048", "R049"],
    section="The memo",
    selfcheck={
        "numerator and denominator": "line 1 states the first-year contribution of the target in thousand yuan",
        "evidence": "line 2 has a figure of its own, on the message or on the rival",
        "ask": "line 3 begins with a verb",
    },
)
def memo(segment_targets):
    """One target, one message that was tested, one decision."""
    return first_year(segment_targets).max()


@memo.mistake("SIZE_ONLY", repair="What would the other segment bring?")
def _(segment_targets):
    """Your number belongs to the largest segment. Director Shen would fund the crowd, and the margin is elsewhere."""
    worth, t = first_year(segment_targets), segment_targets.set_index("segment")
    largest = t["households_thousand"].idxmax()
    return wrong(
        worth[largest],
        shows={
            "its households, thousand": count(t.loc[largest, "households_thousand"]),
            "of them prefer Heyu": percent(t.loc[largest, "prefer_heyu"], 0),
        },
        cost=won_there(segment_targets, largest),
    )


@memo.mistake("NO_ACTION", repair="What should Director Shen decide, and by when?")
def _():
    """Your last line asks for nothing. A number without a decision is filed."""
    return wrong(None)


memo.hints(
    "What does Director Shen have to decide?",
    "Line 1: the target and its first-year contribution in thousand yuan. Line 2: the effect of its message, or the rival. Line 3: a verb.",
    "Take the worth of exercise 5, an effect of exercise 4, and begin line 3 with 'Fund' or 'Approve'.",
)
