"""The rubric of SC: six criteria, four levels, and for each level a paragraph as it could stand in a board memo of this brand.

The paragraphs speak of the plan for 2025, written a year earlier, so none gives an answer away. Each stands alone. Their numbers are
facts of the active world.
"""

from mktlib.course.registry import Criterion
from mktlib.course.text import count, percent, times, yuan


def facts(budget, orders, quarter_goals, ai_service_logs, past):
    """What the paragraphs quote, as texts by name.

    past   numbers of the years before the plan: skill, held (fractions), back_search, back_feeds, back_notes (yuan per yuan),
           first_notes, year_notes (yuan)
    """
    spent = budget[budget["date"].dt.year == 2024]
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at", kind="stable")
    first = ~paid["customer_id"].duplicated()
    year = paid["ordered_at"].dt.year == 2024
    media = spent.loc[spent["item"] == "media", "spent"].sum()
    dialogues = ai_service_logs
    return {
        "spent": yuan(spent["spent"].sum()),
        "media": yuan(media),
        "new": count((first & year).sum()),
        "cac": yuan(spent["spent"].sum() / (first & year).sum()),
        "per_order": yuan(spent["spent"].sum() / year.sum()),
        "share_new": percent((first & year).sum() / year.sum(), 0),
        "sales": yuan(paid.loc[year, "amount"].sum()),
        "goal": yuan(quarter_goals["gmv_goal"].sum()),
        "last": yuan(quarter_goals["gmv_last_year"].sum()),
        "contained": percent(dialogues["contained"].mean(), 0),
        "wrong": percent(1 - dialogues["correct"].mean(), 0),
        "skill": percent(past["skill"], 0),
        "held": percent(past["held"], 0),
        "first_notes": yuan(past["first_notes"]),
        "year_notes": yuan(past["year_notes"]),
    } | {name: times(past[name]) for name in ("back_search", "back_feeds", "back_notes")}


CRITERIA = {
    "causal": Criterion(
        "Causal quality",
        25,
        (
            "Last clicks decide.",
            "A mix model is taken at its word.",
            "Returns are calibrated with a test, and endogeneity is named.",
            "The decision holds under rival models, and the next experiment has its price.",
        ),
        (
            "In 2024 we spent {spent}; Douyin has most last clicks, so it gets most of 2025.",
            "The mix model explains nearly all of our sales. Its largest coefficient gets the money. [Nobody asked why money and sales rise in the same weeks.]",
            "Money of 2024 ({media} for media) was raised before each promotion, so a regression pays it for the calendar. We trust the pause of brand search, "
            "carried over as the share of its claim that was caused, and give each return an interval.",
            "Each return is its claim times the share of it that the pause of brand search found to be caused, with an interval, since money ({media}) follows the "
            "calendar. The order of the first three levers stays the same under last click, mix and pause. Two others change places under one model: there a city "
            "test is run first, for no more than what it may change in a year.",
        ),
    ),
    "forecast": Criterion(
        "Forecast",
        20,
        (
            "No bar beside it, or it knew the future.",
            "Beats last year's weeks on the weeks it was fitted to.",
            "Rolling origin, and ranges that held as often as they promise.",
            "New Year and promotions are features, and triggers and early signs were tested on past weeks.",
        ),
        (
            "Sales of the own shop will reach {goal} in 2025.",
            "The line through 2024 ({sales}) fits with a few per cent of error; 2025 continues it.",
            "Made on each Monday of 2024 for eight weeks: {skill} less error than last year's weeks, grown. Of the ranges that promise 80 %, {held} held, so the ones in the plan are wider.",
            "Made on each Monday of 2024, the forecast has {skill} less error than last year's weeks, grown; {held} of its ranges of 80 % held, and those of the plan are widened by that. New Year's weeks are counted from "
            "its day, 618 and Double 11 have days of their own, and the baskets two weeks ahead were tested in changes. Two weeks in a row below the range: purchasing and Qiao meet on Monday.",
        ),
    ),
    "economics": Criterion(
        "Economics",
        20,
        (
            "Lifetime revenue and average returns.",
            "Margin in some places, revenue in others.",
            "Margin, payback by channel, and money placed at the margin.",
            "Downside, option value, and the short run against the brand are in it, in yuan.",
        ),
        (
            "A customer costs {per_order} and brings a multiple of it.",
            "A customer costs {cac}: all spend over first orders, {new} of them. The value of a customer is last year's revenue. [Goods and parcels are not paid yet.]",
            "Against the margin of 365 days, discounted, a yuan for newcomers of 2023 came back {back_search} from search, {back_notes} from notes, {back_feeds} from feed ads. Money moves until the last yuan of each leaves the same.",
            "A yuan for newcomers came back {back_search} from search within the year, {back_notes} from notes, {back_feeds} from feed ads, and money moves until the last yuan of "
            "each leaves the same. In one draw of twenty the move loses; that sum stands on page one, and a reserve covers it. A newcomer of notes leaves {first_notes} with the "
            "first order and {year_notes} in the first year: we choose the year, and say which share of it a survey has to confirm.",
        ),
    ),
    "governance": Criterion(
        "Data model and governance",
        10,
        (
            "Numbers from where they were at hand.",
            "Queries run, each team has its own.",
            "One metric layer with lineage, and consent at the moment of use.",
            "Erasure is proven, models have cards, and what was decided can be traced.",
        ),
        (
            "Numbers by the desk.",
            "The desk counts registrations, controlling first orders; both queries are attached.",
            "CAC is {cac} for 2024 by the layer: all spend over first paid orders, owner controlling, filters beside it. Lists are cut by consent at the minute of sending.",
            "CAC is {cac} for 2024 by the layer, with its owner and filters, and lists are cut by consent at the minute of sending. A request to be forgotten was rehearsed in all tables, "
            "with the search before and after. The bot keeps {contained} of its dialogues and is wrong in {wrong} of all: its card says for what it is not allowed to answer, and its log is kept.",
        ),
    ),
    "organisation": Criterion(
        "Strategy and organisation",
        15,
        (
            "A list of wishes.",
            "Plausible, nothing is refused.",
            "Choices and refusals, and people whose hours fit.",
            "A way from today to there, with milestones that can be missed.",
        ),
        (
            "We do all channels, all platforms, AI and a new category.",
            "We go for reach and for depth in the private domain, with a larger team.",
            "Depth: {share_new} of the orders of 2024 were first orders, the others came from customers won before; we refuse a second marketplace. Hours by module, leave and meetings "
            "taken off, give the posts; one specialist trains where requests come back.",
            "Depth, and no second marketplace, since only {share_new} of orders are first orders. Hours by module, leave and meetings taken off, give the posts. By March the layer is read "
            "by both teams, by June one test a quarter is decided by its plan, by December half of the reports write themselves; each has an owner and a day on which it counts as missed.",
        ),
    ),
    "memo": Criterion(
        "Memo",
        10,
        (
            "A heap of technique.",
            "Long, the request stands at the end.",
            "Two pages, decision first.",
            "And the three hardest questions of the board are answered before they are asked.",
        ),
        (
            "Appendix: adstock, Hill, posterior, pinball.",
            "After eleven pages: we therefore ask for more than the {spent} of 2024.",
            "Page 1: we ask for media money up to where its last yuan is back, as a limit below the {media} of 2024, placed otherwise; gain, downside and the day of decision. Page 2: evidence, people, rules.",
            "Page 1: we ask for media money up to where its last yuan is back, as a limit below the {media} of 2024, placed otherwise; gain, downside, day of decision. Why not more? The next yuan is not back within the year. What if you "
            "are wrong? One draw of twenty, this loss, this trigger. Who says so? A test that a lot decided. Does it reach the goal of the own shop, {goal} against {last} the year before? Page 2 says with which part.",
        ),
    ),
}
