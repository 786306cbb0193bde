"""S07 AI, automation and platform shocks. Lesson: lessons/3_senior/S07_ai_and_shocks.md."""

import numpy as np
import pandas as pd

from mktlib.automation import exact, personal, pilot, practice_lines, regret, reviews_needed, shrink, step
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan

BANNED = 0.01  # share of banned claims that must be excluded
HOUR = 60  # yuan an hour of editing or review costs
SWITCH = "2025-08-25"  # automatic bidding begins in the account south
COIN = "2024-11-04"  # from here a coin decides between video and graphic
GAIN = 500  # yuan above its target that a pilot has to see
SHOWN = 100_000  # impressions of the campaign that the winner is promised for
MONEY = 100_000  # yuan for contacts
SIZE = 10  # a roll-out is so many times its pilot
IMPRESSIONS = 30_000  # of the trial of rules on known truth
LINES_SEED = 7  # of the practice lines of exercise 11


# ---------------------------------------------------------------- what several answers need


@per_world
def desk(ai_copy):
    """AI and human copy: clicks as they are and in the same slot, minutes of draft and of everything."""
    by = ai_copy.groupby("author")
    sums = by[["clicks", "impressions"]].sum()
    pooled = sums["clicks"] / sums["impressions"]
    cells = ai_copy.groupby(["author", "slot"])[["clicks", "impressions"]].sum()
    rates = cells["clicks"] / cells["impressions"]
    expected = (cells.loc["AI", "impressions"] * rates["human"]).sum()
    minutes = by[["draft_minutes", "editing_minutes", "review_minutes"]].sum()
    each = minutes.sum(axis=1) / by["accepted"].sum()
    draft = by["draft_minutes"].mean()
    return {
        "ai": by.size()["AI"],
        "human minutes": each["human"],
        "accepted": by["accepted"].sum()["AI"],
        "reviewed": int(by["reviewed"].sum()["AI"]),
        "defects": int(((ai_copy["author"] == "AI") & (ai_copy["review_result"] == "defect")).sum()),
        "editing": by["editing_minutes"].mean()["AI"],
        "checking": by["review_minutes"].mean()["AI"],
        "pooled": pooled["AI"] / pooled["human"],
        "ctr": sums.loc["AI", "clicks"] / expected,
        "clicks": sums.loc["AI", "clicks"],
        "expected": expected,
        "minutes": each["AI"] / each["human"],
        "draft": draft["AI"] / draft["human"],
        "search share": cells.loc["AI", "impressions"].get("search brand page", 0) / sums.loc["AI", "impressions"],
        "human search share": cells.loc["human", "impressions"].get("search brand page", 0)
        / sums.loc["human", "impressions"],
    }  # fmt: skip


@per_world
def click_price(feed_ads_daily):
    """Yuan per click of feed ads in 2025."""
    year = feed_ads_daily[feed_ads_daily["date"] >= "2025-01-01"]
    return year["cost"].sum() / year["clicks"].sum()


@per_world
def arms(ai_variant_test):
    """First round by variant: allowed, own rate, rate drawn to the mean of the allowed ones."""
    first = ai_variant_test[ai_variant_test["round"] == 1].set_index("variant")
    first["allowed"] = first["facts_proven"] & (first["breaks_rule"] == "")
    first["rate"] = first["clicks"] / first["impressions"]
    first["shrunk"] = shrink(
        first.loc[first["allowed"], "clicks"], first.loc[first["allowed"], "impressions"]
    )
    return first


@per_world
def bidding(auto_bid_daily):
    """Change of the cost of a contact from before the switch to after it, minus one, in four readings."""
    days = auto_bid_daily.assign(after=auto_bid_daily["date"] >= SWITCH)

    def change(*keys):
        sums = days.groupby([*keys, "after"])[["cost", "contacts"]].sum()
        price = (sums["cost"] / sums["contacts"]).unstack("after")
        return price[True] / price[False]

    account, cells = change("account"), change("account", "audience")
    south = days[(days["account"] == "south") & ~days["after"]]
    shares = days.groupby(["account", "after", "audience"])["contacts"].sum().unstack()
    return {
        "naive": account["south"] - 1,
        "north": account["north"] - 1,
        "against": account["south"] / account["north"] - 1,
        "fair": (cells["south"] / cells["north"]).mean() - 1,
        "price": south["cost"].sum() / south["contacts"].sum(),
        "cheap": (shares["retargeting"] / shares.sum(axis=1))["south"],
    }


def change_day(rules_log):
    """Day on which the platform's recommendation changed, from the log of rules."""
    notice = rules_log["kind"].str.startswith("platform") & rules_log["gist_en"].str.contains(
        "Recommendation"
    )
    return rules_log.loc[notice, "in_force_from"].iloc[0]


@per_world
def posts_beside(social_posts):
    """Own notes that were not boosted and did not run away: log reach beside the median of their weekly slot."""
    own = (social_posts["platform"] == "Xiaohongshu") & (social_posts["boost_cost"] == 0)
    posts = social_posts.loc[
        own, ["account", "planned_at", "published_at", "form", "reach", "production_cost"]
    ].copy()
    posts["log"] = np.log(posts["reach"])
    slot = [posts["account"], posts["planned_at"].dt.day_of_week, posts["planned_at"].dt.time]
    posts["beside"] = posts["log"] - posts["log"].groupby(slot).transform("median")
    posts = posts[posts["beside"].abs() < 1].copy()
    posts["week"] = posts["published_at"].dt.to_period("W-SUN").dt.start_time
    return posts


@per_world
def shock(social_posts, control_accounts_weekly, rules_log):
    """The change of August 2024: steps of own videos, other accounts, and what graphics win back."""
    day, posts = change_day(rules_log), posts_beside(social_posts)
    control = control_accounts_weekly.assign(
        log=np.log(control_accounts_weekly["reach"] / control_accounts_weekly["posts"])
    )
    control["log"] -= control.groupby("account")["log"].transform("mean")
    weeks = pd.DataFrame({
        "own": posts[posts["form"] == "short video"].groupby("week")["beside"].mean(),
        "others": control.groupby("week_start")["log"].mean(),
    })  # fmt: skip
    weeks = weeks.drop(day - pd.Timedelta(days=day.day_of_week)).dropna()
    own, others = (np.exp(step(weeks[name], day)["effect"]) - 1 for name in ("own", "others"))

    def graphics(part):
        level = part.groupby("form")["beside"].mean()
        return (np.exp(level["graphic"] - level["short video"]) - 1) * (1 + own)

    trial = posts[posts["published_at"] >= COIN]
    chosen = posts[(posts["published_at"] >= day) & (posts["published_at"] < COIN)]
    return {
        "own": own,
        "others": others,
        "beyond": own - others,
        "back": graphics(trial),
        "chosen": graphics(chosen),
        "forms": chosen["form"].value_counts(),
        "trial forms": trial["form"].value_counts(),
        "videos": trial.loc[trial["form"] == "short video", "production_cost"].sum(),
    }


@per_world
def bot(ai_service_logs):
    """Shares of wrong answers and of dialogues kept, and how the weighed harm divides."""
    wrong_answer, allergy = ~ai_service_logs["correct"], ai_service_logs["topic"] == "allergy"
    harm = wrong_answer * ai_service_logs["severity"]
    return {
        "wrong": wrong_answer[allergy].mean(),
        "all wrong": wrong_answer.mean(),
        "harm": harm[allergy].sum() / harm.sum(),
        "cases": wrong_answer[allergy].sum() / wrong_answer.sum(),
        "contained": ai_service_logs["contained"].mean(),
        "hits": int(wrong_answer[allergy].sum()),
        "size": int(allergy.sum()),
        "kept": int((wrong_answer & allergy & ai_service_logs["contained"]).sum()),
    }


def sessions_needed(gains):
    """Sessions that see GAIN above the target with power 0.8 at 5 %, one-sided."""
    return (1.6449 + 0.8416) ** 2 * gains.var() / GAIN**2


@per_world
def radar(trend_radar):
    """The last quarter by trend: who passes which limit, net of the pilot, and all articles."""
    last = trend_radar[trend_radar["quarter"] == trend_radar["quarter"].max()].set_index("trend")
    return last.assign(
        used=last["users_percent"] >= last["kill_below_users_percent"],
        paid=last["pilot_return"] / last["pilot_cost"] >= last["kill_below_return"],
        net=last["pilot_return"] - last["pilot_cost"],
        articles=trend_radar.groupby("trend")["media_mentions"].sum(),
    )


@per_world
def leaks():
    """The finder on the practice lines: recall and precision by pieces, lines with something left."""
    lines = practice_lines(400, LINES_SEED)
    covered = taken = right = pieces = leaking = 0
    for text, true in zip(lines["text"], lines["pieces"], strict=True):
        found = personal(text)
        hidden = {place for _, start, end in found for place in range(start, end)}
        known = {place for _, start, end in true for place in range(start, end)}
        open_pieces = sum(not set(range(start, end)) <= hidden for _, start, end in true)
        pieces += len(true)
        covered += len(true) - open_pieces
        leaking += open_pieces > 0
        taken += len(found)
        right += sum(bool(set(range(start, end)) & known) for _, start, end in found)
    with_data = int((lines["pieces"].map(len) > 0).sum())
    return {"recall": covered / pieces, "precision": right / taken, "leaking": leaking / with_data,
            "of all": leaking / len(lines), "lines": len(lines), "with data": with_data, "pieces": pieces}  # fmt: skip


# ---------------------------------------------------------------- two questions from before


@exercise(
    "S07.r1",
    title="Ten ads against the old one",
    kind="choice",
    practises=["R250"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "five in a hundred, since each of the ten is held to that limit",
        "b": "about two in five: that none of the ten passes by luck is 0.95 ten times multiplied",
        "c": "one in two, because ten times five in a hundred makes fifty in a hundred",
    },
)
def ten_ads():
    """Luck gets ten chances: one minus the chance that all ten stay quiet."""
    return "b"


@ten_ads.mistake("MULTI_COMPARE", repair="How often does luck get a chance when ten ads are tested?")
def _():
    """You counted one chance. Each of ten equal ads may pass its limit by luck, and any of them would be called the winner."""
    return wrong("a", shows={"ads tested": "10", "chances counted": "1"})


@ten_ads.mistake("ADD_RATES", repair="What would the same sum give for thirty ads?")
def _():
    """You added ten chances. Two ads may pass on the same day, and the sum counts that day twice."""
    return wrong("c", shows={"ads": "30", "your sum for them": "150%"})


ten_ads.hints(
    "When is no winner called?",
    "All ten have to stay below their limit.",
    "One minus 0.95 to the power of ten.",
)


@exercise(
    "S07.r2",
    title="What the lit cities have to share",
    kind="choice",
    practises=["R226"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "without the test, both groups would have moved in the same proportion",
        "b": "before the test, both groups of cities sold about the same amount",
        "c": "during the test, the dark cities fell clearly below their own weeks before",
    },
)
def shared_way():
    """Each group is held to itself, so sizes may differ; the way may not."""
    return "a"


@shared_way.mistake(
    "POST_ONLY", repair="Which part of a difference in size drops out when each is held to itself?"
)
def _(cities):
    """You asked for equal size. That is what a comparison after the start alone would need."""
    size = cities.groupby("group")["audience"].mean()
    return wrong("b", shows={f"audience of a city, {name}": f"{value:.0f}" for name, value in size.items()})


@shared_way.mistake("PRE_POST", repair="What else changed between the weeks before and the test?")
def _():
    """You looked at the dark cities alone. A season makes them fall, too."""
    return wrong("c", shows={"groups in your comparison": "1", "groups in the test": "2"})


shared_way.hints(
    "What stands in for the figure that nobody observed?",
    "What the dark cities had before, times what became of the others.",
    "Same proportion, whatever the size.",
)


# ---------------------------------------------------------------- 1 and 2: the desk


@prediction(
    "S07.a",
    title="Defects that three in sixty do not exclude",
    unit="fraction",
    practises=["R251"],
    bounds=(0, 1),
    section="Three in sixty",
)
def guess_upper(ai_copy):
    """Three is a small number: the sample would look the same with a share far from its own."""
    found = desk(ai_copy)
    return exact(found["defects"], found["reviewed"])[1]


@exercise(
    "S07.1",
    title="A sample of sixty, and the next one",
    kind="table",
    unit={"high": "fraction", "reviews": "count"},
    tolerance=0.01,
    minutes=(5, 9),
    practises=["R251"],
    section="Three in sixty",
    selfcheck={
        "high": "upper end of the exact 95% interval for the defects found in the sample",
        "reviews": "smallest whole number of reviews without a find that leaves a share of 0.01 a chance of 0.05 or less",
    },
)
def sample_plan(ai_copy):
    """A small sample leaves room above it, and a rare harm needs a sample that could have met it."""
    found = desk(ai_copy)
    return {"high": exact(found["defects"], found["reviewed"])[1], "reviews": reviews_needed(BANNED)}


@sample_plan.mistake("POINT_ONLY", repair="How would a sample look if the true share were twice as high?")
def _(ai_copy):
    """You gave the share of the sample as the share of the stock. Three of sixty is one draw, and its neighbours were nearly as likely."""
    found = desk(ai_copy)
    share, high = found["defects"] / found["reviewed"], exact(found["defects"], found["reviewed"])[1]
    more = (high - share) * found["ai"]
    return wrong(
        {"high": share, "reviews": reviews_needed(BANNED)},
        shows={"assets looked at": count(found["reviewed"]), "assets in the stock": count(found["ai"])},
        cost=f"Up to {count(more)} defects more than you report may be out; mending them takes {yuan(more * found['editing'] / 60 * HOUR)} of editing.",
    )


@sample_plan.mistake(
    "N_BY_HABIT", repair="How often does a sample of your size find nothing although the limit is passed?"
)
def _(ai_copy):
    """You took a tenth of the stock. What a sample can exclude depends on how many were looked at, hardly on the share of the stock."""
    found = desk(ai_copy)
    reviews = round(found["ai"] / 10)
    return wrong(
        {"high": exact(found["defects"], found["reviewed"])[1], "reviews": reviews},
        shows={"chance that your sample finds nothing at a share of 1%": percent((1 - BANNED) ** reviews, 0), "chance allowed": "5%"},
        cost=f"{yuan(reviews * found['checking'] / 60 * HOUR)} of review would be paid for a plan that cannot exclude what it is for.",
    )  # fmt: skip


@sample_plan.slip("high")
def _(ai_copy):
    """The upper end by the normal formula, which is too narrow for three finds."""
    found = desk(ai_copy)
    share = found["defects"] / found["reviewed"]
    high = share + 1.96 * np.sqrt(share * (1 - share) / found["reviewed"])
    return {"high": high, "reviews": reviews_needed(BANNED)}


@sample_plan.slip("reviews")
def _(ai_copy):
    """A chance of 2.5%, as for an interval of two sides; only one side is asked for."""
    found = desk(ai_copy)
    high = exact(found["defects"], found["reviewed"])[1]
    return {"high": high, "reviews": reviews_needed(BANNED, level=0.975)}


sample_plan.hints(
    "Which true shares would give three of sixty without surprise? And which sample is empty by luck only once in twenty?",
    "Clopper and Pearson's upper end; then (1 - 0.01) to the power of n, at most 0.05.",
    "stats.beta.ppf(0.975, 3 + 1, 60 - 3); np.ceil(np.log(0.05) / np.log(0.99))",
)


@exercise(
    "S07.2",
    title="AI copy beside human copy",
    kind="table",
    unit="times",
    tolerance=0.01,
    minutes=(6, 10),
    practises=["R251", "R252"],
    section="Faster and better, says the vendor",
    selfcheck={
        "ctr": "clicks of AI copy over the clicks that its impressions would have had at the human rates of their slots",
        "minutes": "draft, editing and review of all assets, per accepted asset, AI over human",
    },
)
def ai_beside_human(ai_copy):
    """In the same slot, and with all the work on what is kept, little is left of faster and nothing of better."""
    found = desk(ai_copy)
    return {"ctr": found["ctr"], "minutes": found["minutes"]}


@ai_beside_human.mistake(
    "CONFOUND_SLOT", repair="In which slots did AI copy run, and how do people click there?"
)
def _(ai_copy, feed_ads_daily):
    """You compared all copy of each author. AI was given the slots where people click whatever stands there."""
    found = desk(ai_copy)
    gap = (found["pooled"] - found["ctr"]) * found["expected"]
    return wrong(
        {"ctr": found["pooled"], "minutes": found["minutes"]},
        shows={"AI impressions on the search page of the brand": percent(found["search share"], 0), "human ones": percent(found["human search share"], 0)},
        cost=f"{count(gap)} clicks would be booked as the machine's, {yuan(gap * click_price(feed_ads_daily))} at the price of a feed click.",
    )  # fmt: skip


@ai_beside_human.mistake(
    "COST_PARTIAL", repair="Who works on a draft before it runs, and how many drafts are kept?"
)
def _(ai_copy):
    """You counted the draft alone. Drafts are edited, checked and thrown away, and what is kept has to pay for all of that."""
    found = desk(ai_copy)
    gap = (found["minutes"] - found["draft"]) * found["human minutes"] * found["accepted"] / 60
    return wrong(
        {"ctr": found["ctr"], "minutes": found["draft"]},
        shows={"kinds of minutes in the table": "3", "kinds in your ratio": "1"},
        cost=f"{count(gap)} hours, {yuan(gap * HOUR)}, would be saved on paper only.",
    )


@ai_beside_human.slip("minutes")
def _(ai_copy):
    """All minutes per draft, whether it was kept or not."""
    minutes = ai_copy[["draft_minutes", "editing_minutes", "review_minutes"]].sum(axis=1)
    each = minutes.groupby(ai_copy["author"]).mean()
    return {"ctr": desk(ai_copy)["ctr"], "minutes": each["AI"] / each["human"]}


ai_beside_human.hints(
    "Where did each author's copy run, and what does an asset cost that is kept?",
    "Human CTR by slot, times AI's impressions by slot: the clicks to compare with. All minutes over accepted assets.",
    "ai_clicks / (ai_impressions_by_slot * human_rate_by_slot).sum()",
)


# ---------------------------------------------------------------- 3: ten variants


@exercise(
    "S07.3",
    title="What the winner may be promised with",
    kind="number",
    unit="fraction",
    tolerance=0.01,
    minutes=(6, 10),
    practises=["R250"],
    section="The best of ten",
    bounds=(0, 1),
    selfcheck={
        "filter": "variants with proven facts that break no rule",
        "comparison": "all allowed arms: their mean, their spread, and the spread that luck alone brings",
        "grain": "the winner among the allowed, by clicks of round 1",
    },
)
def promise(ai_variant_test):
    """The largest of several noisy rates is large by luck in part; the spread of all arms says how large a part."""
    table = arms(ai_variant_test)
    return float(table.loc[table.loc[table["allowed"], "rate"].idxmax(), "shrunk"])


def overpromised(value, ai_variant_test, feed_ads_daily):
    table = arms(ai_variant_test)
    gap = (value - table.loc[table.loc[table["allowed"], "rate"].idxmax(), "shrunk"]) * SHOWN
    return f"Of {count(SHOWN)} impressions you promise {count(gap)} clicks too many; to buy them elsewhere costs {yuan(gap * click_price(feed_ads_daily))}."


@promise.mistake("WINNERS_CURSE", repair="What do you expect of the same ad when the lot is drawn again?")
def _(ai_variant_test, feed_ads_daily):
    """You promised the rate with which it won. It was chosen because it was high, and a part of that height was luck that does not come again."""
    table = arms(ai_variant_test)
    value = table.loc[table["allowed"], "rate"].max()
    return wrong(
        float(value),
        shows={"arms from which it was chosen": count(table["allowed"].sum()), "impressions of each": count(table["impressions"].iloc[0])},
        cost=overpromised(value, ai_variant_test, feed_ads_daily),
    )  # fmt: skip


@promise.mistake("LAW_BLIND", repair="Which variants may run at all?")
def _(ai_variant_test, feed_ads_daily):
    """You took the variant with most clicks. It breaks a rule or claims what nobody can prove, so its clicks are not on offer."""
    table = arms(ai_variant_test)
    value = table["rate"].max()
    return wrong(
        float(value),
        shows={"variants": count(len(table)), "variants that may run": count(table["allowed"].sum())},
        cost=overpromised(value, ai_variant_test, feed_ads_daily),
    )


promise.hints(
    "How far would seven equal arms spread by luck alone?",
    "between = variance of the rates - mean of m (1 - m) / n, at least 0; keep between / (between + luck) of the distance from m.",
    "m + (rate.max() - m) * between / (between + luck)",
)


# ---------------------------------------------------------------- 4: bidding


@exercise(
    "S07.4",
    title="What automatic bidding changed",
    kind="number",
    unit="fraction",
    tolerance=0.03,
    minutes=(6, 10),
    practises=["R091"],
    section="Cheaper contacts",
    selfcheck={
        "comparison": "the account north, which was never switched, over the same days",
        "grain": "each audience by itself, then the plain mean of the two ratios",
        "sign": "cheaper is negative: ratio minus one",
    },
)
def bid_change(auto_bid_daily):
    """Held to the other account and to the same audience, the machine's own part of the fall is small."""
    return float(bidding(auto_bid_daily)["fair"])


def contacts_promised(value, auto_bid_daily):
    found = bidding(auto_bid_daily)
    more = MONEY / found["price"] * (1 / (1 + value) - 1 / (1 + found["fair"]))
    return f"{yuan(MONEY)} for contacts would be planned with {count(more)} contacts too many, {yuan(more * found['price'])} at the old price."


@bid_change.mistake("PRE_POST", repair="What did the account do that kept its manual bids?")
def _(auto_bid_daily):
    """You compared one account with itself. The season turned and the daily cap was cut in the same weeks, for both accounts."""
    found = bidding(auto_bid_daily)
    return wrong(
        float(found["naive"]),
        shows={"change in your account": percent(found["naive"]), "change in the account with manual bids": percent(found["north"])},
        cost=contacts_promised(found["naive"], auto_bid_daily),
    )  # fmt: skip


@bid_change.mistake("MIX_UNADJUSTED", repair="To whom did the machine give the money?")
def _(auto_bid_daily):
    """You compared the accounts as wholes. The machine moved money to people who had visited before: they are cheaper, and there are few of them."""
    found = bidding(auto_bid_daily)
    return wrong(
        float(found["against"]),
        shows={"contacts from earlier visitors, before": percent(found["cheap"][False], 0), "after": percent(found["cheap"][True], 0)},
        cost=contacts_promised(found["against"], auto_bid_daily),
    )  # fmt: skip


bid_change.hints(
    "Which two things changed together with the bids, and who did not get the machine?",
    "price after / before, by account and audience; south over north; mean of both audiences; minus one.",
    '(change["south"] / change["north"]).mean() - 1',
)


# ---------------------------------------------------------------- 5: the shock


@exercise(
    "S07.5",
    title="What the platform took from our videos, and what graphics give back",
    kind="table",
    unit="pp",
    tolerance=0.02,
    minutes=(8, 14),
    points=2,
    practises=["R226", "R249"],
    section="The fifteenth of August",
    selfcheck={
        "beyond": "step of own short videos as a share of reach, less the step of the other accounts as a share",
        "back": "graphics over short videos since the coin, as a share, times what was left of the videos' reach",
        "window": "all weeks but that of the change; the coin since 4 November 2024",
    },
)
def platform_shock(social_posts, control_accounts_weekly, rules_log):
    """What fell for everybody is no reason to change the form; the coin says what another form brings."""
    found = shock(social_posts, control_accounts_weekly, rules_log)
    return {"beyond": found["beyond"], "back": found["back"]}


@platform_shock.mistake(
    "SINGLE_CAUSE", repair="How did accounts fare in the same weeks that post no brand videos?"
)
def _(social_posts, control_accounts_weekly, rules_log):
    """You laid all of the fall to one cause. The platform showed less of everybody in these weeks, and another form does not change that."""
    found = shock(social_posts, control_accounts_weekly, rules_log)
    return wrong(
        {"beyond": found["own"], "back": found["back"]},
        shows={
            "fall of own videos": percent(-found["own"]),
            "fall of other accounts": percent(-found["others"]),
        },
        cost=f"A plan to win all of it back by another form gives up videos that cost {yuan(found['videos'])} to make since the coin, for reach that everybody lost.",
    )


@platform_shock.mistake(
    "SELECTION_AS_EFFECT", repair="Who decided in autumn 2024, before the coin, which note becomes a graphic?"
)
def _(social_posts, control_accounts_weekly, rules_log):
    """You compared forms while the desk chose them. A few notes, picked for their subject, say more about the picking than about the form."""
    found = shock(social_posts, control_accounts_weekly, rules_log)
    return wrong(
        {"beyond": found["beyond"], "back": found["chosen"]},
        shows={"graphics in your comparison": count(found["forms"]["graphic"]), "graphics since the coin": count(found["trial forms"]["graphic"])},
    )  # fmt: skip


@platform_shock.slip("back")
def _(social_posts, control_accounts_weekly, rules_log):
    """The gain of graphics as a share of the videos' reach after the change, not before it."""
    found = shock(social_posts, control_accounts_weekly, rules_log)
    return {"beyond": found["beyond"], "back": found["back"] / (1 + found["own"])}


@platform_shock.slip("beyond")
def _(social_posts, control_accounts_weekly, rules_log):
    """The ratio of what was left of both, less one: a share of the others' level, no difference in points."""
    found = shock(social_posts, control_accounts_weekly, rules_log)
    return {"beyond": (1 + found["own"]) / (1 + found["others"]) - 1, "back": found["back"]}


platform_shock.hints(
    "Who else was on the platform, and from when on did nobody choose the form?",
    "exp(step) - 1 for own and others, their difference; exp(mean log graphic - mean log video) - 1, times (1 + own).",
    'np.exp(step(weeks["own"], day)["effect"]) - 1, and the same for "others"',
)


# ---------------------------------------------------------------- 6: the bot


@exercise(
    "S07.6",
    title="The bot where it can hurt",
    kind="table",
    unit="fraction",
    tolerance=0.01,
    minutes=(4, 8),
    practises=["R165"],
    section="Nine of ten stay with the bot",
    selfcheck={
        "wrong": "answers that a colleague judged wrong, over all dialogues about allergies",
        "harm": "wrong answers times severity: the part of the sum that allergies make",
    },
)
def bot_harm(ai_service_logs):
    """How bad an error is belongs to the measure; a mean over all topics is made of delivery times."""
    found = bot(ai_service_logs)
    return {"wrong": found["wrong"], "harm": found["harm"]}


@bot_harm.mistake("PROXY_METRIC", repair="Who ends a dialogue when an answer is wrong and sounds right?")
def _(ai_service_logs):
    """You took the dialogues that a person had to end for the wrong ones. Whoever believes a wrong answer does not ask for a person."""
    found = bot(ai_service_logs)
    return wrong(
        {"wrong": 1 - found["contained"], "harm": found["harm"]},
        shows={
            "wrong answers on allergies": count(found["hits"]),
            "of them counted as contained": count(found["kept"]),
        },
    )


@bot_harm.mistake("AGG_HIDES", repair="On which topics are most of the dialogues, and where are the errors?")
def _(ai_service_logs):
    """You gave the mean over all topics. Most dialogues are about parcels and sizes, and these cover up the rest."""
    found = bot(ai_service_logs)
    return wrong(
        {"wrong": found["all wrong"], "harm": found["harm"]},
        shows={"dialogues": count(len(ai_service_logs)), "dialogues about allergies": count(found["size"])},
    )


@bot_harm.slip("harm")
def _(ai_service_logs):
    """Each wrong answer counted once, whatever its severity."""
    found = bot(ai_service_logs)
    return {"wrong": found["wrong"], "harm": found["cases"]}


bot_harm.hints(
    "On which topic is an error no matter of taste?",
    "The share of wrong answers among allergies; wrong x severity by topic, as a share of its sum.",
    'harm = (~logs["correct"]) * logs["severity"]; harm.groupby(logs["topic"]).sum()',
)


# ---------------------------------------------------------------- 7: the pilot


@exercise(
    "S07.7",
    title="Fourteen lives",
    kind="table",
    unit={"statistic": "times", "verdict": "text", "sessions": "times"},
    tolerance=0.01,
    minutes=(6, 10),
    practises=["R164"],
    section="Fourteen evenings",
    selfcheck={
        "statistic": "(mean - target) / (standard deviation / root of the sessions), all fourteen",
        "verdict": "one of: go on, stop",
        "sessions": "(1.6449 + 0.8416)² x variance / 500²",
    },
)
def pilot_verdict(pilot_lives):
    """The rule was fixed before the first evening: what does not pass its limit at the last look ends."""
    gains = pilot_lives.sort_values("live_id")["contribution"]
    last = pilot(gains, pilot_lives["target_contribution"].iloc[0]).iloc[-1]
    return {
        "statistic": float(last["t"]),
        "verdict": last["verdict"],
        "sessions": float(sessions_needed(gains)),
    }


def pilot_answer(pilot_lives, **other):
    gains = pilot_lives.sort_values("live_id")["contribution"]
    last = pilot(gains, pilot_lives["target_contribution"].iloc[0]).iloc[-1]
    right = {
        "statistic": float(last["t"]),
        "verdict": last["verdict"],
        "sessions": float(sessions_needed(gains)),
    }
    return right | other, gains


@pilot_verdict.mistake("SMALL_N", repair="What is the mean without the best evening?")
def _(pilot_lives):
    """You went on because the mean is above the target. Of fourteen evenings one can carry the mean, and one did."""
    value, gains = pilot_answer(pilot_lives, verdict="go on")
    target = pilot_lives["target_contribution"].iloc[0]
    short = (target - gains.drop(gains.idxmax()).mean()) * 52
    return wrong(
        value,
        shows={"evenings above the target": count((gains > target).sum()), "evenings": count(len(gains))},
        cost=f"A year of weekly lives like the other thirteen falls {yuan(short)} short of its target.",
    )


@pilot_verdict.mistake(
    "N_BY_HABIT", repair="How much do single evenings differ, and how small a gain has to be seen?"
)
def _(pilot_lives):
    """You planned the next pilot like this one. Fourteen evenings could not tell the target from far above it, and the next fourteen cannot either."""
    value, gains = pilot_answer(pilot_lives, sessions=14.0)
    return wrong(
        value,
        shows={"spread of single evenings": yuan(gains.std()), "gain to be seen": yuan(GAIN)},
        cost=f"{yuan(14 * pilot_lives['cost'].mean())} would be spent on a second pilot that decides as little as the first.",
    )


@pilot_verdict.slip("statistic")
def _(pilot_lives):
    """The distance in standard deviations of single evenings, not of their mean."""
    value, gains = pilot_answer(pilot_lives)
    return value | {"statistic": value["statistic"] / np.sqrt(len(gains))}


pilot_verdict.hints(
    "What would fourteen evenings at the target give by luck?",
    "t = (mean - target) / (sd / √14); compare with the limit of the second look; n = (1.6449 + 0.8416)² sd² / 500².",
    "pilot(gains, 2000).iloc[-1]; (1.6449 + 0.8416) ** 2 * gains.var() / 500 ** 2",
)


# ---------------------------------------------------------------- 8: trends


@exercise(
    "S07.8",
    title="Trends that stay",
    kind="set",
    minutes=(4, 8),
    practises=["R254"],
    section="Eight trends",
    selfcheck={"window": "the last quarter", "filter": "both limits of 2023: users, and return over cost"},
)
def trends_kept(trend_radar):
    """Limits that were set before the news came decide without it."""
    last = radar(trend_radar)
    return set(last.index[last["used"] & last["paid"]])


@trends_kept.mistake("HYPE_AS_EVIDENCE", repair="Who wrote the articles, and who used the thing?")
def _(trend_radar):
    """You kept what most was written about. Articles say that journalists expect something, and they expected it of the wrong ones."""
    last = radar(trend_radar)
    keep = (last["used"] & last["paid"]).sum()
    chosen = last["articles"].nlargest(keep).index
    lost = last.loc[[one for one in chosen if last.loc[one, "net"] < 0], "net"].sum()
    return wrong(
        set(chosen),
        shows={"articles on the loudest": count(last["articles"].max()), "parents who used it": f"{last.loc[last['articles'].idxmax(), 'users_percent']:.1f}%"},
        cost=f"Going on with what lost in its pilot costs {yuan(-lost)} each time it is repeated.",
    )  # fmt: skip


@trends_kept.mistake("PROXY_METRIC", repair="Does each one that people use also bring back what it costs?")
def _(trend_radar):
    """You kept what parents use. That is one of two limits: a thing may be used and lose money with each user."""
    last = radar(trend_radar)
    extra = last[last["used"] & ~last["paid"]]
    return wrong(
        set(last.index[last["used"]]),
        shows={"limits set in 2023": "2", "limits in your filter": "1"},
        cost=f"What you keep beside lost {yuan(-extra['net'].sum())} in its pilot.",
    )


trends_kept.hints(
    "Which limits were set in 2023?",
    "Users in the last quarter at or above theirs, and pilot_return / pilot_cost at or above the other.",
    'last["trend"][(users >= limit) & (returned >= other_limit)]',
)


# ---------------------------------------------------------------- 9: value of pilots


@exercise(
    "S07.9",
    title="What eight pilots were worth",
    kind="number",
    unit="CNY",
    minutes=(7, 12),
    points=2,
    practises=["R227", "R255"],
    section="Mixed case: what a pilot is worth",
    selfcheck={
        "with pilots": "ten times the net of those that go on, plus the net of all eight pilots",
        "without pilots": "all eight rolled out or none, whichever is better",
        "sign": "with minus without",
    },
)
def pilots_worth(trend_radar):
    """A pilot buys the right to stop: what failed cost its pilot and not its roll-out."""
    net = radar(trend_radar)["net"]
    return float(SIZE * net.clip(lower=0).sum() + net.sum() - max(SIZE * net.sum(), 0))


@pilots_worth.mistake("SURVIVORSHIP", repair="What did the pilots cost that nobody speaks of any more?")
def _(trend_radar):
    """You counted the pilots that went on. The others were paid for as well, and nobody knew beforehand which they were."""
    net = radar(trend_radar)["net"]
    value = (SIZE + 1) * net.clip(lower=0).sum() - max(SIZE * net.sum(), 0)
    return wrong(
        float(value),
        shows={"pilots": count(len(net)), "pilots in your sum": count((net > 0).sum())},
        cost=f"{yuan(-net.clip(upper=0).sum())} of failed pilots are missing from your sum.",
    )


@pilots_worth.mistake("ROAS_AS_ROI", repair="What is left of a return when its cost has been paid?")
def _(trend_radar):
    """You summed what came back. A return of one yuan per yuan leaves nothing; only what is above the cost is worth anything."""
    last = radar(trend_radar)
    net, returned = last["net"], last.loc[last["net"] > 0, "pilot_return"].sum()
    value = SIZE * returned + last["pilot_return"].sum() - max(SIZE * net.sum(), 0)
    return wrong(
        float(value),
        shows={"cost of the pilots": yuan(last["pilot_cost"].sum()), "cost in your sum": yuan(0)},
        cost=f"{yuan(SIZE * last.loc[net > 0, 'pilot_cost'].sum())} of roll-outs would have to be paid from money that is not there.",
    )


pilots_worth.hints(
    "What would you have done without any pilot?",
    "10 x sum of the positive nets + sum of all nets - the better of 10 x sum of all nets and 0.",
    "10 * net.clip(lower=0).sum() + net.sum() - max(10 * net.sum(), 0)",
)


# ---------------------------------------------------------------- 11, 12: what leaves the house, and the paper


@exercise(
    "S07.11",
    title="What the redactor leaves",
    kind="table",
    unit="fraction",
    tolerance=0.01,
    minutes=(6, 10),
    practises=["R253"],
    section="What leaves the house",
    selfcheck={
        "recall": "pieces of which no letter is left, over all pieces",
        "leaking": "lines with a piece left, over the lines that hold personal data",
    },
)
def redactor_leaks():
    """What counts is what is still there: by piece for the finder, by line for whoever pastes."""
    found = leaks()
    return {"recall": found["recall"], "leaking": found["leaking"]}


@redactor_leaks.mistake("PROMPT_PII", repair="Which pieces did the finder never propose?")
def _():
    """You asked how much of what it took was personal. That is precision: whatever the finder overlooks is sent to the other side, and does not appear in it."""
    found = leaks()
    return wrong(
        {"recall": found["precision"], "leaking": found["leaking"]},
        shows={"pieces in the lines": count(found["pieces"]), "pieces left": count(round((1 - found["recall"]) * found["pieces"]))},
    )  # fmt: skip


@redactor_leaks.mistake("ACCURACY_IMBALANCE", repair="Which lines could leak at all?")
def _():
    """You divided by all lines. A question about opening hours cannot leak, and with enough of them every redactor looks good."""
    found = leaks()
    return wrong(
        {"recall": found["recall"], "leaking": found["of all"]},
        shows={"lines": count(found["lines"]), "lines with personal data": count(found["with data"])},
    )


redactor_leaks.hints(
    "A piece is hidden when every letter of it is. Which denominator has each share?",
    "Go through lines; mark the places found; count pieces with a place left, and lines with such a piece.",
    "left = [not set(range(start, end)) <= hidden for kind, start, end in pieces]",
)


@exercise(
    "S07.12",
    title="Gaps in the vendor's card",
    kind="set",
    minutes=(4, 7),
    practises=["R253"],
    section="A card that can be signed",
    selfcheck={"filter": "fields that are empty, lack a part, or hold what cannot be used to decide"},
)
def vendor_card():
    """A field is filled when somebody can decide with it, not when something stands there."""
    return {"not for", "measure", "worst case", "off switch", "failures"}


@vendor_card.mistake(
    "FLUENCY_AS_FACT", repair="Could you decide anything with each sentence that stands there?"
)
def _():
    """You named the empty fields. A sentence that sounds right fills a field and answers nothing."""
    return wrong(
        {"not for", "failures"},
        shows={"empty fields": "2", "fields without a number or a name to act on": "more"},
    )


@vendor_card.mistake("POINT_ONLY", repair="How sure is the measure of the card?")
def _():
    """You let the measure pass because it has a value. A value without sample and interval cannot be held to anything."""
    return wrong(
        {"not for", "worst case", "off switch", "failures"},
        shows={"values in the field": "1", "parts asked for": "5"},
    )


@vendor_card.mistake(
    "TOOL_TRUTH", repair="What would you press at eleven at night, by the words of each field?"
)
def _():
    """You named what a program can find. It sees empty fields and missing parts; whether a sentence helps on a bad night it cannot see."""
    return wrong(
        {"not for", "measure", "worst case", "failures"},
        shows={"fields with a gap": "5", "fields that you named": "4"},
    )


vendor_card.hints(
    "What would you look up on the day on which something goes wrong?",
    "Go through CARD: which parts does each field need?",
    "Compare with what card_gaps says of your own card.",
)


# ---------------------------------------------------------------- memo, answer key


@exercise(
    "S07.10",
    title="Memo: sign or not",
    kind="memo",
    unit="fraction",
    minutes=(6, 10),
    points=2,
    practises=["R165", "R253"],
    section="The memo",
    selfcheck={
        "line 1": "share of wrong answers on allergies",
        "line 2": "how sure that is, or how few that is of all dialogues: a number of its own",
        "line 3": "the ask: which topics the bot may keep, who answers the others, by when",
    },
)
def vendor_memo(ai_service_logs):
    """A machine is signed for topic by topic, with the harm beside the rate."""
    return float(bot(ai_service_logs)["wrong"])


@vendor_memo.mistake(
    "PROXY_METRIC", repair="Which dialogues count as contained although the answer was wrong?"
)
def _(ai_service_logs):
    """Your first line is the share of dialogues that the bot kept. A wrong answer that is believed is kept as well."""
    found = bot(ai_service_logs)
    return wrong(
        float(found["contained"]),
        shows={"wrong answers on allergies": count(found["hits"]), "of them contained": count(found["kept"])},
    )


@vendor_memo.mistake("AGG_HIDES", repair="On which topic would one wrong answer be in the newspaper?")
def _(ai_service_logs):
    """Your first line is the mean over all topics. It is low because most questions are about parcels."""
    found = bot(ai_service_logs)
    return wrong(
        float(found["all wrong"]),
        shows={
            "dialogues about allergies": count(found["size"]),
            "all dialogues": count(len(ai_service_logs)),
        },
    )


@vendor_memo.mistake("NO_ACTION", repair="Which topics go to whom, and by when?")
def _():
    """Your third line asks for nothing. The bot answers tonight, too."""
    return None


vendor_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: the share of exercise 6; line 2: its exact interval.",
    "Line 3 begins with a verb: move allergies to people, give the rest a limit, review it on a day.",
)


@prediction(
    "S07.b",
    title="Clicks that learning on the way saves",
    unit="fraction",
    practises=["R250"],
    bounds=(None, 1),
    section="The answer key",
)
def guess_saved(ai_variant_test, truth):
    """Thompson sampling leaves what is clearly weak early, and goes on showing what may still be the best."""
    table = arms(ai_variant_test)
    rates = pd.Series(truth["ai_variants"]["cause"]["true_ctr"])[table.index[table["allowed"]]]
    lost = {rule: regret(rates, IMPRESSIONS, rule)[:, -1].mean() for rule in ("split", "thompson")}
    return float(1 - lost["thompson"] / lost["split"])
