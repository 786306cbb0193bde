"""J06 Feed and social: engagement, followers, content by audience, edits, contacts, exports.
Lesson: lessons/1_junior/J06_feed_and_social.md."""

import pandas as pd

from mktlib import exports, world
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.social import ENGAGEMENTS, content_effects, engagement_rate, follower_cost, left_by_contact

PLAN_MARGIN = 0.42  # finance's planning figure, given in J02
BASE = "mother's diary"  # the content that everybody sees today
OLDER = ["before 1985", "1985-1989"]
MAY = ("2025-05-01", "2025-06-01")
FILES = {
    "Douyin": "ocean_engine_units_2025-05.csv",
    "Xiaohongshu": "xiaohongshu_ads_2025-05.csv",
    "Google Ads": "google_ads_campaigns_2025-05.csv",
    "Meta": "meta_ads_2025-05.csv",
}
POST = "one row of social_posts is one post; sums over posts first, then one division"


@per_world
def reports():
    """The four exports of May 2025, read."""
    return {name: exports.read(world.folder() / "exports" / file) for name, file in FILES.items()}


@per_world
def posts(social_posts):
    """social_posts with the number of engagements and the money that a post cost."""
    return social_posts.assign(
        engagements=social_posts[ENGAGEMENTS].sum(axis=1),
        money=social_posts["production_cost"] + social_posts["boost_cost"],
    )


def rate(table, top, bottom, by):
    """Ratio of sums by group."""
    sums = table.groupby(by)[[top, bottom]].sum()
    return sums[top] / sums[bottom]


# ---------------------------------------------------------------- two questions from before


@exercise(
    "J06.r1",
    title="Two audiences, one click-through rate",
    kind="choice",
    practises=["R080"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "3.0%, half way between the two audiences",
        "b": "1.4%, all clicks over all impressions",
        "c": "6.0%, because both audiences clicked",
    },
)
def two_audiences():
    """50 and 90 clicks on 10,000 impressions; the broad audience has nine of ten impressions."""
    return "b"


@two_audiences.mistake("AVG_OF_RATIOS", repair="How many impressions stand behind each of the two rates?")
def _():
    """You gave both audiences one vote. The small one has a tenth of the impressions, and gets a tenth of the say."""
    return wrong("a", shows={"impressions, core": count(1000), "impressions, broad": count(9000)})


@two_audiences.mistake("ADD_RATES", repair="Can a total rate be higher than each of its parts?")
def _():
    """You added rates. Clicks can be added and impressions can; a rate of the whole lies between the rates of its parts."""
    return wrong("c", shows={"rate of the better audience": percent(0.05), "of the other": percent(0.01)})


two_audiences.hints(
    "What stands above and below the line of the total?",
    "Clicks of both audiences, over impressions of both.",
    "(50 + 90) / (1,000 + 9,000).",
)


@exercise(
    "J06.r2",
    title="A rate that halves overnight",
    kind="choice",
    practises=["R104"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "what the team released on that day, because it must have worked",
        "b": "who came on that day, because other people behave differently",
        "c": "what is counted since that day, because the definition may have moved",
    },
)
def overnight():
    """People change over weeks. A figure that jumps between two days, with all others level, asks about its counting first."""
    return "c"


@overnight.mistake("POST_HOC", repair="Why would visits, pages and orders not notice a page that works?")
def _():
    """You looked for a cause because it came before. A page that keeps people would show in orders or pages, too."""
    return wrong("a", shows={"change of the bounce rate": "half", "change of orders": "none"})


@overnight.mistake(
    "CONFOUND_SEGMENT", repair="Do other people come from one day to the next, in equal number?"
)
def _():
    """You looked for other people. Their number and their orders are as before; it would be a strange exchange."""
    return wrong("b", shows={"change of visits": "none", "change of orders": "none"})


overnight.hints(
    "Which of the figures moved, and which did not?",
    "J03: a rate can change because people do, or because its counting does. Which of the two jumps overnight?",
    "Look at the tracking: is something counted twice?",
)


# ---------------------------------------------------------------- engagement


@exercise(
    "J06.1",
    title="Engagement rate of six platforms, of the people reached",
    kind="table",
    unit="fraction",
    minutes=(4, 7),
    practises=["R126", "R193", "R092", "R081"],
    section="Engaged, out of whom?",
    selfcheck={
        "grain": POST,
        "numerator and denominator": "likes, comments, shares and saves, per person reached",
        "window": "all posts of both years",
        "filter": "none: boosted posts count as well",
    },
)
def engaged(social_posts):
    """One denominator for all platforms: the people who had a chance to react."""
    return engagement_rate(social_posts, per="reach", by="platform").to_dict()


@engaged.mistake("ENG_DENOM", repair="How many followers of a platform are shown a post at all?")
def _(social_posts):
    """You divided by followers. Most of them were never shown the post, on Weibo hardly any; and many who reacted do not
    follow. The more followers are asleep, the worse a platform looks."""
    rows = posts(social_posts)
    per_follower, per_reach = (rate(rows, "engagements", base, "platform") for base in ("followers", "reach"))
    fall = per_follower.rank(ascending=False) - per_reach.rank(ascending=False)
    loser = fall.idxmax()
    money = rows.loc[rows["platform"] == loser, "money"].sum()
    means = rows.query("platform == 'Weibo'")[["followers", "reach"]].mean()
    return wrong(
        per_follower.to_dict(),
        shows={
            "followers behind a Weibo post": count(means["followers"]),
            "people it reached": count(means["reach"]),
        },
        cost=f"By your table {loser} falls {fall[loser]:.0f} places. Its posts of two years cost {yuan(money)} to make and boost, "
        "and they are what such a table would cut first.",
    )


@engaged.mistake("WRONG_DENOM", repair="How often may one person see one post?")
def _(social_posts):
    """You divided by impressions. Who sees a post twice is two impressions and one person; the question asks about people."""
    sums = posts(social_posts)[["impressions", "reach"]].sum()
    return wrong(
        engagement_rate(social_posts, per="impressions", by="platform").to_dict(),
        shows={
            "times shown": count(sums["impressions"]),
            "people reached, post by post": count(sums["reach"]),
        },
    )


@engaged.slip("numerator and denominator")
def _(social_posts):
    """You counted likes alone: comments, shares and saves are engagements, too."""
    return rate(social_posts, "likes", "reach", "platform").to_dict()


engaged.hints(
    "Out of whom could somebody have reacted?",
    "Add the four columns of each post, sum both columns by platform, divide once.",
    'by_platform = posts.groupby("platform")[["engagements", "reach"]].sum(), then divide.',
)


# ---------------------------------------------------------------- followers


@per_world
def campaigns(followers_daily):
    """Days on which an activity to win followers ran."""
    return followers_daily[followers_daily["promotion"] != ""]


@prediction(
    "J06.a",
    title="Share of the lottery's new followers who are still there after 30 days",
    unit="fraction",
    practises=["R109"],
    bounds=(0, 1),
    section="A follower who stays",
)
def guess_stay(followers_daily):
    """Who followed for a prize has no reason to stay once it is drawn."""
    cost = follower_cost(campaigns(followers_daily)).loc["lottery"]
    return cost["kept"] / cost["new"]


@guess_stay.mistake("GROSS_FOLLOW", repair="What did they follow for, and how long does that last?")
def _():
    """A guess near one takes a follower for a follower. They came for a prize, and prizes are drawn once."""
    return 1.0


@exercise(
    "J06.2",
    title="What a follower costs who is still there after 30 days",
    kind="table",
    unit="CNY",
    minutes=(4, 7),
    practises=["R109", "R194", "R081"],
    section="A follower who stays",
    selfcheck={
        "grain": "one row of followers_daily is one platform and day; sums by activity first",
        "numerator and denominator": "promotion_cost, per new follower who did not leave within 30 days (new minus left_30d)",
        "window": "all days on which an activity ran",
        "filter": "days with an activity",
    },
)
def kept_cost(followers_daily):
    """The same money, divided by the followers who stayed."""
    return follower_cost(campaigns(followers_daily))["per_kept"].to_dict()


def overpaid(followers_daily):
    """What the lottery's kept followers cost beyond the price of the cheapest kind, in yuan."""
    cost = follower_cost(campaigns(followers_daily))
    return (cost.loc["lottery", "per_kept"] - cost["per_kept"].min()) * cost.loc["lottery", "kept"]


@kept_cost.mistake("GROSS_FOLLOW", repair="How many of them are still there when the next post goes out?")
def _(followers_daily):
    """You counted everybody who came. Who leaves within a month sees nothing of what you publish afterwards, and was paid
    for all the same."""
    cost = follower_cost(campaigns(followers_daily))
    left = 1 - cost["kept"] / cost["new"]
    return wrong(
        cost["per_new"].to_dict(),
        shows={f"{name}: gone within 30 days": percent(share, 0) for name, share in left.items()},
        cost=f"By your table the lottery is the one to repeat. It paid {yuan(overpaid(followers_daily))} more for those who "
        "stayed than the cheapest of the three would have.",
    )


@kept_cost.mistake("WINDOW_MISMATCH", repair="When had those followed who left on that day?")
def _(followers_daily):
    """You took off everybody who left on the days of the activity. They had come at any time before, and most of those whom
    it won leave after it is over."""
    sums = (
        campaigns(followers_daily).groupby("promotion")[["promotion_cost", "new", "lost", "left_30d"]].sum()
    )
    lottery = sums.loc["lottery"]
    return wrong(
        (sums["promotion_cost"] / (sums["new"] - sums["lost"])).to_dict(),
        shows={
            "left on days of the lottery, whoever they were": count(lottery["lost"]),
            "of its own new followers, left within 30 days": count(lottery["left_30d"]),
        },
    )


@kept_cost.slip("numerator and denominator")
def _(followers_daily):
    """You divided by left_30d, which counts those who were gone after 30 days."""
    sums = campaigns(followers_daily).groupby("promotion")[["promotion_cost", "left_30d"]].sum()
    return (sums["promotion_cost"] / sums["left_30d"]).to_dict()


kept_cost.hints(
    "Who is still a follower when the money should begin to work?",
    "new minus left_30d, added up by promotion; the cost over that.",
    'sums["promotion_cost"] / (sums["new"] - sums["left_30d"])',
)


# ---------------------------------------------------------------- creative or audience


@per_world
def tested(content_test):
    """The test of contents, with the mother's age in two classes."""
    born = content_test["birth_year_band"].isin(OLDER)
    return content_test.assign(born=born.map({True: "before 1990", False: "1990 or later"}))


@exercise(
    "J06.3",
    title="Two weak contents: how far below the diary, and with whom",
    kind="table",
    unit="pp",
    minutes=(5, 9),
    practises=["R086", "R087", "R080"],
    section="Creative or audience?",
    selfcheck={
        "grain": "one row is a week, a persona and a content; sums by content and age first",
        "numerator and denominator": "clicks per impression of the content, minus that of mother's diary in the same age group",
        "window": "all six weeks",
        "filter": "two contents, two age groups",
    },
)
def weak_contents(content_test):
    """Within one audience, against the content that everybody else of this audience saw."""
    effects = content_effects(tested(content_test), base=BASE, audience="born")["effect"]
    return named(effects)


def named(values):
    """Values by content and age, as the lesson asks for them."""
    cells = [
        (weak, born) for weak in ("baby laughs", "price banner") for born in ("before 1990", "1990 or later")
    ]
    return {f"{weak}, {born}": values[(weak, born)] for weak, born in cells}


def lost_on_older(content_test):
    """What was paid for impressions of baby laughs to mothers born before 1990 beyond the worth of their clicks, in yuan."""
    rows = tested(content_test).query("born == 'before 1990'")
    ctr = rate(rows, "clicks", "impressions", "content")
    return rows.loc[rows["content"] == "baby laughs", "cost"].sum() * (1 - ctr["baby laughs"] / ctr[BASE])


@weak_contents.mistake("MAIN_EFFECT_ONLY", repair="Is the content weak with everybody, or with somebody?")
def _(content_test):
    """You gave both audiences the average. Two contents with one average can need opposite treatment: one a new film, one
    other people."""
    rows = tested(content_test)
    ctr = rate(rows, "clicks", "impressions", "content")
    rows = rows.assign(gap=rows["content"].map(ctr) - ctr[BASE])
    return wrong(
        named(rows.groupby(["content", "born"])["gap"].first()),
        shows={
            "CTR of baby laughs, everybody": percent(ctr["baby laughs"], 2),
            "CTR of price banner, everybody": percent(ctr["price banner"], 2),
        },
        cost="A new film for baby laughs mends what is not broken. Shown to mothers born before 1990, it brought its clicks for "
        f"{yuan(lost_on_older(content_test))} more than the diary would have; other people, not another film, save that.",
    )


@weak_contents.mistake("CONFOUND_SEGMENT", repair="What does this audience do when it sees mother's diary?")
def _(content_test):
    """You compared with the average of all mothers. One age group clicks less on everything; that is no fault of a content."""
    rows = tested(content_test)
    cells = rate(rows, "clicks", "impressions", ["content", "born"])
    overall = rows["clicks"].sum() / rows["impressions"].sum()
    ages = rate(rows, "clicks", "impressions", "born")
    return wrong(
        named(cells - overall),
        shows={f"CTR of all contents, born {name}": percent(share, 2) for name, share in ages.items()},
    )


@weak_contents.slip("numerator and denominator")
def _(content_test):
    """You compared with mother's diary over all mothers. One age group clicks less on the diary, too."""
    rows = tested(content_test)
    diary = rate(rows, "clicks", "impressions", "content")[BASE]
    return named(rate(rows, "clicks", "impressions", ["content", "born"]) - diary)


weak_contents.hints(
    "Compared with what, shown to whom?",
    "A table of CTR with ages as rows and contents as columns; subtract the column of mother's diary.",
    'ctr.sub(ctr["mother\'s diary"], axis=0).T.loc[["baby laughs", "price banner"]]',
)


# ---------------------------------------------------------------- edits


@per_world
def worst_weeks(ad_edits):
    """The ten worst ads of each week and desk, with their counts of that week and of the next."""
    rows = ad_edits.assign(ctr=ad_edits["clicks"] / ad_edits["impressions"])
    rows["worst"] = rows.groupby(["week_start", "desk"])["ctr"].rank(method="first") <= 10
    counts = ["impressions", "clicks", "conversions", "cost"]
    later = ad_edits[["week_start", "ad", *counts]].assign(
        week_start=ad_edits["week_start"] - pd.Timedelta(days=7)
    )
    return rows.merge(later, on=["week_start", "ad"], suffixes=("", "_next"))


@per_world
def before_after(ad_edits):
    """CTR and cost per conversion of the worst ads, in their week and in the next, by desk."""
    rows = worst_weeks(ad_edits)
    sums = rows[rows["worst"]].groupby("desk").sum(numeric_only=True)
    return pd.DataFrame(
        {
            "ctr": sums["clicks"] / sums["impressions"],
            "ctr_next": sums["clicks_next"] / sums["impressions_next"],
            "cpa": sums["cost"] / sums["conversions"],
            "cpa_next": sums["cost_next"] / sums["conversions_next"],
            "conversions_next": sums["conversions_next"],
        }
    )


@prediction(
    "J06.b",
    title="Desk B's ten worst ads, edited by nobody: change of their CTR in the next week",
    unit="fraction",
    practises=["R087"],
    bounds=(-1, None),
    section="The ten worst ads",
)
def guess_unedited(ad_edits):
    """An ad stands among the worst because it is poor or because it had a poor week; the poor week does not come back."""
    table = before_after(ad_edits).loc["B"]
    return table["ctr_next"] / table["ctr"] - 1


@guess_unedited.mistake("REGRESSION_TO_MEAN", repair="How did these ten get on the list?")
def _():
    """You guessed that nothing happens where nothing is done. They were chosen for a bad week, and bad weeks end by themselves."""
    return 0.0


@exercise(
    "J06.4",
    title="What the edit of an ad did",
    kind="table",
    unit={"ctr": "fraction", "cost per conversion": "fraction"},
    minutes=(6, 10),
    practises=["R087", "R022", "R083", "R090"],
    section="The ten worst ads",
    selfcheck={
        "grain": "one row of ad_edits is one ad in one week; sums over the worst ads first",
        "numerator and denominator": "(next week over this week, desk A) over (next week over this week, desk B), minus 1",
        "window": "weeks that have a next week",
        "filter": "each week's ten ads with the lowest CTR, of each desk",
    },
)
def edit_effect(ad_edits):
    """The rise of the edited beyond the rise of equally bad ads that nobody touched."""
    table = before_after(ad_edits)
    ctr, cpa = table["ctr_next"] / table["ctr"], table["cpa_next"] / table["cpa"]
    return {"ctr": ctr["A"] / ctr["B"] - 1, "cost per conversion": cpa["A"] / cpa["B"] - 1}


def price_of_edits(ad_edits):
    """What the conversions of edited ads cost in the week after beyond what they would have cost, in yuan."""
    table = before_after(ad_edits)
    expected = table.loc["A", "cpa"] * table.loc["B", "cpa_next"] / table.loc["B", "cpa"]
    return (table.loc["A", "cpa_next"] - expected) * table.loc["A", "conversions_next"]


@edit_effect.mistake("REGRESSION_TO_MEAN", repair="What did desk B's worst ads do in the week after?")
def _(ad_edits):
    """You gave the edit the whole rise, compared with nothing or with ads that had no bad week. These ads
    were picked in a bad week; without any edit most of it comes back."""
    table = before_after(ad_edits).loc["A"]
    rest = before_after(ad_edits).loc["B"]
    return wrong(
        edit_effect.compute(ad_edits) | {"ctr": table["ctr_next"] / table["ctr"] - 1},
        shows={
            "CTR of desk B's worst, that week": percent(rest["ctr"], 2),
            "the same ads, a week later, untouched": percent(rest["ctr_next"], 2),
        },
        cost=f"The edits look like a success. In their learning phase the ads paid {yuan(price_of_edits(ad_edits))} more for their "
        "conversions than untouched ones would have.",
    )


@edit_effect.mistake("CONFOUND_SEGMENT", repair="Were the other ads as bad as these in the week before?")
def _(ad_edits):
    """You compared edited ads with those of the same desk that needed no edit. They were better to begin with, and still are."""
    rows = worst_weeks(ad_edits).query("desk == 'A'")
    sums = rows.groupby("worst").sum(numeric_only=True)
    ctr = sums["clicks_next"] / sums["impressions_next"]
    before = sums["clicks"] / sums["impressions"]
    return wrong(
        edit_effect.compute(ad_edits) | {"ctr": ctr[True] / ctr[False] - 1},
        shows={
            "CTR before, the ten worst": percent(before[True], 2),
            "before, the other ads of desk A": percent(before[False], 2),
        },
    )


@edit_effect.slip("numerator and denominator")
def _(ad_edits):
    """You subtracted one desk's rise from the other's. The question asks for a quotient of quotients, minus
    1."""
    table = before_after(ad_edits)
    ctr, cpa = table["ctr_next"] / table["ctr"], table["cpa_next"] / table["cpa"]
    return {"ctr": ctr["A"] - ctr["B"], "cost per conversion": cpa["A"] - cpa["B"]}


edit_effect.hints(
    "What would have become of these ads without the edit, and who can tell?",
    "Both desks: the worst ten of each week, sums of that week and of the next. Quotient of A over quotient of B, minus 1.",
    '(ctr_next["A"] / ctr["A"]) / (ctr_next["B"] / ctr["B"]) - 1, and the same with cost over conversions.',
)


# ---------------------------------------------------------------- fatigue


@per_world
def core_contacts(ad_frequency_weekly):
    """What is left of each ad's CTR at each contact, core audience."""
    return left_by_contact(ad_frequency_weekly, audience="core")


@prediction(
    "J06.c",
    title="Part of its first-contact CTR that AD-703 keeps at contacts 5 to 7, core audience",
    unit="fraction",
    practises=["R080"],
    bounds=(0, None),
    section="Tired of the ad?",
)
def guess_tired(ad_frequency_weekly):
    """New people came in all summer and hid that those who had seen the ad were tired of it."""
    return core_contacts(ad_frequency_weekly).loc["AD-703", "5-7"]


@guess_tired.mistake("TIME_AS_FREQ", repair="Are the people of September those of July?")
def _():
    """You read the level line as an ad that does not tire. The line holds other people at its end than at its beginning."""
    return 1.0


@exercise(
    "J06.5",
    title="What is left of the CTR at contacts 5 to 7",
    kind="table",
    unit="fraction",
    minutes=(5, 9),
    practises=["R080", "R084", "R090"],
    section="Tired of the ad?",
    selfcheck={
        "grain": "one row is a week, an ad, an audience and a contact; sums over weeks first",
        "numerator and denominator": "CTR at contacts 5-7 over CTR at contact 1",
        "window": "all twelve weeks",
        "filter": "core audience",
    },
)
def tired(ad_frequency_weekly):
    """The same audience, the same ad, another contact: what remains of the wish to click."""
    return core_contacts(ad_frequency_weekly)["5-7"].to_dict()


@tired.mistake("TIME_AS_FREQ", repair="Who saw the ad in July, and who in September?")
def _(ad_frequency_weekly):
    """You compared the last weeks with the first. Over time the audience widens to people who click less, or new people come
    in who are fresh; the one looks like fatigue, the other hides it."""
    weeks = ad_frequency_weekly["week_start"]
    early = rate(ad_frequency_weekly[weeks < "2025-07-28"], "clicks", "impressions", "ad")
    late = rate(ad_frequency_weekly[weeks >= "2025-09-08"], "clicks", "impressions", "ad")
    hidden = ad_frequency_weekly.query("ad == 'AD-703'")
    paid = hidden.loc[hidden["contact"].isin(["5-7", "8+"]), "cost"].sum()
    share = ad_frequency_weekly.query("ad == 'AD-701'").assign(
        first=weeks < "2025-07-28", core=lambda rows: rows["audience"] == "core"
    )
    core = (
        share[share["core"]].groupby("first")["impressions"].sum()
        / share.groupby("first")["impressions"].sum()
    )
    return wrong(
        (late / early).to_dict(),
        shows={
            "core audience in AD-701, first three weeks": percent(core[True], 0),
            "core audience, later": percent(core[False], 0),
        },
        cost=f"By your figures AD-703 runs on, and {yuan(paid)} went to people who saw it for the fifth time or more.",
    )


@tired.mistake(
    "MIX_UNADJUSTED", repair="Which audience sees an ad for the fifth time, and which for the first?"
)
def _(ad_frequency_weekly):
    """You put the audiences together. Who sees an ad five times belongs mostly to the core, who sees it once
    often to a wider audience, and the core clicks more at any contact."""
    pooled = rate(ad_frequency_weekly, "clicks", "impressions", ["ad", "contact"]).unstack()
    rows = ad_frequency_weekly.query("ad == 'AD-703'")
    core = rows[rows["audience"] == "core"].groupby("contact")["impressions"].sum()
    share = core / rows.groupby("contact")["impressions"].sum()
    tired_money = rows.loc[rows["contact"].isin(["5-7", "8+"]), "cost"].sum()
    return wrong(
        (pooled["5-7"] / pooled["1"]).to_dict(),
        shows={
            "AD-703, contact 1: shown to the core audience": percent(share["1"], 0),
            "contacts 5-7: shown to the core audience": percent(share["5-7"], 0),
        },
        cost=f"By your figures AD-703 does not tire, and {yuan(tired_money)} more goes to a fifth contact and later ones.",
    )


@tired.slip("numerator and denominator")
def _(ad_frequency_weekly):
    """You compared the last week with the first. A week is not a contact, and the people of two weeks
    differ."""
    weeks = rate(ad_frequency_weekly, "clicks", "impressions", ["ad", "week_start"]).unstack()
    return (weeks.iloc[:, -1] / weeks.iloc[:, 0]).to_dict()


tired.hints(
    "What differs between a first and a fifth contact, beside the number?",
    "Keep the core audience, sum clicks and impressions by ad and contact, divide; then contact 5-7 over contact 1.",
    'ctr = core.groupby(["ad", "contact"])..., ctr.unstack()["5-7"] / ctr.unstack()["1"]',
)


# ---------------------------------------------------------------- the young parents line


@per_world
def young_line(social_posts):
    """Sums over the posts about the young parents line, by platform."""
    rows = posts(social_posts).query("topic == 'young parents line'")
    columns = ["likes", "engagements", "reach", "link_clicks", "money"]
    return rows.groupby("platform")[columns].sum()


def per_thousand(line, platform):
    """A platform with the clicks to the shop that a thousand people reached gave there."""
    return {
        "platform": platform,
        "clicks": 1000 * line.loc[platform, "link_clicks"] / line.loc[platform, "reach"],
    }


@exercise(
    "J06.6",
    title="Where the young parents line finds its way to the shop",
    kind="table",
    unit={"platform": "text", "clicks": "times"},
    minutes=(4, 7),
    practises=["R056", "R092", "R079"],
    section="Likes are not visits",
    selfcheck={
        "grain": POST,
        "numerator and denominator": "link_clicks per 1,000 people reached",
        "window": "both years",
        "filter": "topic 'young parents line'",
    },
)
def best_for_young(social_posts):
    """Of the people reached, who goes on to the shop: that is the step for which the posts were made."""
    line = young_line(social_posts)
    return per_thousand(line, (line["link_clicks"] / line["reach"]).idxmax())


def dearer(social_posts, platform):
    """What the shop clicks of a platform's posts on the line cost beyond the price on the best platform, in yuan."""
    line = young_line(social_posts)
    price = line["money"] / line["link_clicks"]
    best = best_for_young.compute(social_posts)["platform"]
    return price[platform], price[best], (price[platform] - price[best]) * line.loc[platform, "link_clicks"]


@best_for_young.mistake("VANITY_ENG", repair="How many of those who like it go on to the shop?")
def _(social_posts):
    """You took the platform with most likes. A like is a kind of applause; it costs nothing and leads nowhere by itself."""
    line = young_line(social_posts)
    liked = line["likes"].idxmax()
    here, there, more = dearer(social_posts, liked)
    return wrong(
        per_thousand(line, liked),
        shows={
            "likes there": count(line.loc[liked, "likes"]),
            "clicks to the shop there": count(line.loc[liked, "link_clicks"]),
        },
        cost=f"A click to the shop cost {yuan(here)} there, {yuan(there)} on another platform: {yuan(more)} more for the same clicks.",
    )


@best_for_young.mistake("PERSONA_STEREOTYPE", repair="What did the people there do after they had reacted?")
def _(social_posts):
    """You took the platform on which young people are said to be at home, and where they react most. Nobody doubts that;
    they stay there."""
    line = young_line(social_posts)
    home = (line["engagements"] / line["reach"]).idxmax()
    here, there, more = dearer(social_posts, home)
    return wrong(
        per_thousand(line, home),
        shows={
            "engagements there": count(line.loc[home, "engagements"]),
            "clicks to the shop there": count(line.loc[home, "link_clicks"]),
        },
        cost=f"A click to the shop cost {yuan(here)} there, {yuan(there)} on another platform: {yuan(more)} more for the same clicks.",
    )


@best_for_young.slip("filter")
def _(social_posts):
    """You took all posts. The question is about those on the young parents line."""
    sums = social_posts.groupby("platform")[["link_clicks", "reach"]].sum()
    return per_thousand(sums, (sums["link_clicks"] / sums["reach"]).idxmax())


best_for_young.hints(
    "Which column stands nearest to an order?",
    "Posts of this topic; link_clicks and reach summed by platform; divide, times 1,000; the largest.",
    '1000 * line["link_clicks"] / line["reach"], then idxmax() and max().',
)


# ---------------------------------------------------------------- forms


@per_world
def form_rates(social_posts):
    """Clicks to the shop per person reached, and opens per person, by platform and form; posts without paid reach."""
    rows = social_posts[social_posts["boost_cost"] == 0]
    sums = rows.groupby(["platform", "form"])[["link_clicks", "opens", "reach"]].sum()
    return (
        sums["link_clicks"] / sums["reach"],
        sums["opens"] / sums["reach"],
        rate(rows, "link_clicks", "reach", "form"),
    )


@exercise(
    "J06.7",
    title="The form that brings people to the shop, on each platform",
    kind="table",
    unit="text",
    minutes=(4, 7),
    practises=["R107", "R108", "R101", "R104", "R105", "R244", "R094", "R085"],
    section="A form for each platform",
    selfcheck={
        "grain": POST,
        "numerator and denominator": "link_clicks per person reached",
        "window": "both years",
        "filter": "posts without boost_cost; forms that the platform has",
    },
)
def best_form(social_posts):
    """For each platform the form with the most clicks to the shop per person reached there."""
    return form_rates(social_posts)[0].unstack().idxmax(axis=1).to_dict()


@best_form.mistake("PROXY_METRIC", repair="Who starts a video in the feed: the person, or the platform?")
def _(social_posts):
    """You took the form that is opened most. Videos start by themselves; an open of a note or an answer is a decision."""
    opens = form_rates(social_posts)[1].unstack()
    rows = social_posts.groupby("form")[["opens", "completed"]].sum()
    whole = rows["completed"] / rows["opens"]
    return wrong(
        opens.idxmax(axis=1).to_dict(),
        shows={
            "short videos seen to the end, of those opened": percent(whole["short video"], 0),
            "graphics": percent(whole["graphic"], 0),
        },
    )


@best_form.mistake(
    "MAIN_EFFECT_ONLY", repair="On which platform were most of the posts behind the winner shown?"
)
def _(social_posts):
    """You took the form that is best over all platforms. It is best because the largest platforms are made for it."""
    by_cell, _, overall = form_rates(social_posts)
    cells = by_cell.unstack()
    chosen = cells.notna().mul(overall, axis=1).idxmax(axis=1)
    rows = social_posts.query("boost_cost == 0 and platform == 'Xiaohongshu' and form == 'short video'")
    spent, best = rows["production_cost"].sum(), cells.loc["Xiaohongshu"].max()
    return wrong(
        chosen.to_dict(),
        shows={
            "short video, clicks per person, Douyin": percent(cells.loc["Douyin", "short video"], 2),
            "short video, clicks per person, Xiaohongshu": percent(
                cells.loc["Xiaohongshu", "short video"], 2
            ),
        },
        cost=f"On Xiaohongshu alone short videos of two years cost {yuan(spent)} to make; {yuan(spent * (1 - cells.loc['Xiaohongshu', 'short video'] / best))} "
        "of that bought no more clicks than another form would have brought from the same people for the rest.",
    )


best_form.hints(
    "Is there one best form, or one for each place?",
    "A table with platforms as rows and forms as columns, clicks over reach; the largest of each row.",
    "rates.unstack().idxmax(axis=1)",
)


# ---------------------------------------------------------------- four exports


@exercise(
    "J06.8",
    title="Clicks to the shop in four exports",
    kind="table",
    unit="count",
    minutes=(5, 9),
    practises=["R082", "R095", "R083"],
    section="Four files, one table",
    selfcheck={
        "grain": "rows of the reports, totals left out",
        "numerator and denominator": "clicks that lead to the shop, not reactions, views or taps on the profile",
        "window": "May 2025",
        "filter": "the campaigns that the reports list",
    },
)
def link_clicks():
    """One meaning for the column: a click that leads to the shop."""
    return {name: int(report["clicks"].sum()) for name, report in reports().items()}


@link_clicks.mistake("DEF_MISMATCH", repair="What does each platform count under this heading?")
def _():
    """You added what sounds alike. Google's interactions hold views of videos, Meta's clicks (all) hold likes and taps on the
    profile: one name, several things, and none of them a visit."""
    tables = reports()
    loose = {
        "Google Ads": int(tables["Google Ads"]["interactions"].sum()),
        "Meta": int(tables["Meta"]["all_clicks"].sum()),
    }
    right = link_clicks.compute()
    extra = sum(loose.values()) - right["Google Ads"] - right["Meta"]
    price = tables["Xiaohongshu"]["cost"].sum() / right["Xiaohongshu"]
    return wrong(
        right | loose,
        shows={
            "Meta, CTR of link clicks": percent(
                tables["Meta"]["clicks"].sum() / tables["Meta"]["impressions"].sum(), 2
            ),
            "Meta, with likes and taps": percent(loose["Meta"] / tables["Meta"]["impressions"].sum(), 2),
        },
        cost=f"You would have booked {count(extra)} visits that nobody made. At what a click costs on Xiaohongshu they look like "
        f"{yuan(extra * price)} worth of traffic.",
    )


@link_clicks.mistake("TOTAL_ROW", repair="Which rows of the file are no ad and no campaign?")
def _():
    """You added everything in the column. Some rows are totals of the others, and count them once more."""
    tables = reports()
    stated = {
        name: sum(one.get("clicks", 0) for one in report.attrs["totals"]) for name, report in tables.items()
    }
    cost = sum(one["cost"] for one in tables["Xiaohongshu"].attrs["totals"])
    return wrong(
        {name: int(report["clicks"].sum() + stated[name]) for name, report in tables.items()},
        shows={
            f"rows with totals, {name}": count(len(tables[name].attrs["totals"]))
            for name in ("Google Ads", "Xiaohongshu")
        },
        cost=f"The cost column of the same file gives {yuan(cost)} too much on Xiaohongshu, as if the month had been paid twice.",
    )


@link_clicks.slip("numerator and denominator")
def _():
    """For Meta you took clicks (all): likes and taps on the profile are in it."""
    return link_clicks.compute() | {"Meta": int(reports()["Meta"]["all_clicks"].sum())}


@link_clicks.slip("numerator and denominator")
def _():
    """For Google you took interactions: on some campaign types views are in it."""
    return link_clicks.compute() | {"Google Ads": int(reports()["Google Ads"]["interactions"].sum())}


@link_clicks.slip("filter")
def _():
    """For Google you took the total of the account, which counts campaigns that the report does not list."""
    totals = {one["label"]: one["clicks"] for one in reports()["Google Ads"].attrs["totals"]}
    return link_clicks.compute() | {"Google Ads": int(totals["Total: Account"])}


link_clicks.hints(
    "Which column of each file counts people who go to the shop?",
    "exports.read gives that column the name clicks everywhere, and sets the totals aside.",
    '{name: report["clicks"].sum() for name, report in reports.items()}',
)


# ---------------------------------------------------------------- mixed case


@per_world
def notes_of_may(orders, refunds):
    """Orders of May whose last touch was an ad on Xiaohongshu, with what stayed of them."""
    campaigns_of_may = reports()["Xiaohongshu"]["campaign"].unique()
    rows = orders[orders["campaign"].isin(campaigns_of_may)]
    rows = rows[(rows["ordered_at"] >= MAY[0]) & (rows["ordered_at"] < MAY[1])]
    back = rows["order_id"].map(refunds.groupby("order_id")["amount"].sum()).fillna(0.0)
    return rows.assign(net=(rows["amount"] - back).where(rows["status"] == "paid", 0.0))


@exercise(
    "J06.9",
    title="One row about the ads on Xiaohongshu",
    kind="table",
    unit={"cpm": "CNY", "cost per order": "CNY", "profit": "CNY"},
    minutes=(7, 11),
    points=2,
    practises=["R080", "R069", "R088", "R022"],
    section="Mixed case: one row about Xiaohongshu",
    selfcheck={
        "grain": "a row of the export is a unit and day, a row of orders is one order",
        "numerator and denominator": "cpm: cost per 1,000 impressions; cost per order: cost per paid order",
        "money": "net revenue (paid, minus refunds) times 0.42, minus cost",
        "window": "orders placed in May 2025",
        "filter": "orders whose campaign stands in the export",
    },
)
def notes_row(orders, refunds):
    """Cost from the platform, orders and yuan from the shop."""
    report, rows = reports()["Xiaohongshu"], notes_of_may(orders, refunds)
    cost = report["cost"].sum()
    return {
        "cpm": 1000 * cost / report["impressions"].sum(),
        "cost per order": cost / (rows["status"] == "paid").sum(),
        "profit": rows["net"].sum() * PLAN_MARGIN - cost,
    }


@notes_row.mistake("TOTAL_ROW", repair="What does the first row under the header say?")
def _(orders, refunds):
    """You added the total to its own rows. The cost doubles, and with it everything that is divided or left."""
    right, cost = notes_row.compute(orders, refunds), reports()["Xiaohongshu"]["cost"].sum()
    return wrong(
        right | {"cost per order": 2 * right["cost per order"], "profit": right["profit"] - cost},
        shows={"rows called 合计": "1", "CPM if both are doubled": "as before: it hides the slip"},
        cost=f"The month would stand there with {yuan(cost)} that nobody paid.",
    )


@notes_row.mistake("MARGIN_IGNORED", repair="What is left of a yuan of revenue before the ad is paid?")
def _(orders, refunds):
    """You took the cost off revenue. Suppliers and carriers come first."""
    right, net = notes_row.compute(orders, refunds), notes_of_may(orders, refunds)["net"].sum()
    return wrong(
        right | {"profit": right["profit"] + net * (1 - PLAN_MARGIN)},
        shows={"net revenue": yuan(net), "left of a yuan after goods and shipping": yuan(PLAN_MARGIN)},
        cost=f"Of each CNY 1,000 of net revenue in your row {yuan(1000 * (1 - PLAN_MARGIN))} belong "
        "to suppliers and carriers.",
    )


@notes_row.mistake("GMV_AS_REVENUE", repair="Which of these orders were paid, and which came back?")
def _(orders, refunds):
    """You took all orders placed at their full amount. Unpaid ones and refunds leave nothing."""
    right, rows = notes_row.compute(orders, refunds), notes_of_may(orders, refunds)
    cost = reports()["Xiaohongshu"]["cost"].sum()
    profit = rows["amount"].sum() * PLAN_MARGIN - cost
    paid = rows[rows["status"] == "paid"]
    back = (paid["amount"] - paid["net"]).sum()
    return wrong(
        right | {"cost per order": cost / len(rows), "profit": profit},
        shows={
            "orders never paid": percent(1 - len(paid) / len(rows), 0),
            "refunded, of the paid amount": percent(back / paid["amount"].sum(), 0),
        },
        cost=f"The row would count {yuan(back)} that went back to customers, beside what nobody paid.",
    )


@notes_row.mistake("UNITS_CPM", repair="Per how many impressions is a CPM?")
def _(orders, refunds):
    """You left out the thousand: M in CPM is mille. What you have is the price of one impression."""
    right = notes_row.compute(orders, refunds)
    return wrong(
        right | {"cpm": right["cpm"] / 1000}, shows={"impressions in a CPM": "1,000", "in yours": "1"}
    )


@notes_row.slip("money")
def _(orders, refunds):
    """You kept what was refunded later."""
    rows = notes_of_may(orders, refunds).query("status == 'paid'")
    profit = rows["amount"].sum() * PLAN_MARGIN - reports()["Xiaohongshu"]["cost"].sum()
    return notes_row.compute(orders, refunds) | {"profit": profit}


notes_row.hints(
    "Which of the three figures needs the shop's orders, and which of these orders count?",
    "cpm from the export. Orders: campaign in the export, May, paid; net is amount minus refunds; profit is net x 0.42 - cost.",
    'may = orders[orders["campaign"].isin(report["campaign"]) & orders["ordered_at"].between(...)]',
)


# ---------------------------------------------------------------- memo


@per_world
def by_parity(content_test):
    """CTR of the test by parity and content, the share of impressions of each parity, and the overall CTR by content."""
    ctr = rate(content_test, "clicks", "impressions", ["parity", "content"]).unstack()
    shown = content_test.groupby("parity")["impressions"].sum()
    return ctr, shown / shown.sum(), rate(content_test, "clicks", "impressions", "content")


@exercise(
    "J06.10",
    title="Memo: which content for whom?",
    kind="memo",
    unit="times",
    minutes=(5, 8),
    points=2,
    practises=["R086", "R022", "R087"],
    section="The memo",
    selfcheck={
        "line 1": "additional clicks per 1,000 impressions: each group its best content, against mother's diary for everybody",
        "line 2": "the evidence: effects of a content in one group and in the other",
        "line 3": "the ask: who should show what to whom, by when",
    },
)
def content_memo(content_test):
    """The gain of each group with its own content, weighted by the impressions that the group gets."""
    ctr, share, _ = by_parity(content_test)
    return 1000 * ((ctr.max(axis=1) - ctr[BASE]) * share).sum()


def clicks_left(content_test):
    """What the clicks would cost at the test's price that one content for all leaves lying, per million impressions."""
    ctr, share, overall = by_parity(content_test)
    price = content_test["cost"].sum() / content_test["clicks"].sum()
    return 1e6 * ((ctr.max(axis=1) - ctr[overall.idxmax()]) * share).sum() * price


@content_memo.mistake(
    "MAIN_EFFECT_ONLY", repair="Does the best content on average help the second group at all?"
)
def _(content_test):
    """Your first line carries the content that is best on average. It helps one kind of mother; for the other kind there is
    a better one in the same test."""
    _, share, overall = by_parity(content_test)
    return wrong(
        1000 * (overall.max() - overall[BASE]),
        shows={f"impressions, {name} child": percent(one, 0) for name, one in share.items()},
        cost=f"Of a million impressions it leaves clicks lying that would cost {yuan(clicks_left(content_test))} to buy at the test's price.",
    )


@content_memo.mistake("ADD_RATES", repair="Can one impression go to a mother of one child and to one of two?")
def _(content_test):
    """You added the gains of the two groups. Each impression belongs to one of them: gains are weighted by impressions."""
    ctr, share, _ = by_parity(content_test)
    gain = ctr.max(axis=1) - ctr[BASE]
    over = (
        1e6 * (gain.sum() - (gain * share).sum()) * content_test["cost"].sum() / content_test["clicks"].sum()
    )
    return wrong(
        1000 * gain.sum(),
        shows={f"impressions, {name} child": percent(one, 0) for name, one in share.items()},
        cost=f"A plan for a million impressions would count on clicks worth {yuan(over)} that do not come.",
    )


@content_memo.mistake("NO_ACTION", repair="Which content for whom, from which day?")
def _():
    """No request was found in your third line. Director Shen decides on Friday, and a report without a
    decision is filed: begin the line with what is to be done, such as set, give, change or stop."""
    return None


content_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: best minus mother's diary in each group, weighted by the group's share of impressions, times 1,000.",
    "Line 3 begins with a verb: set, give, change; and says by when.",
)
