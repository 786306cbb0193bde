"""M03 Cohorts, retention, churn and the 7-day recall. Lesson: lessons/2_mid/M03_cohorts_and_recall.md."""

import duckdb
import pandas as pd

from mktlib import data
from mktlib.cohorts import absent, lives, pooled, triangle
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, points, yuan
from mktlib.customers import tiers, value_per_cell

END = "2026-01-01"  # the morning on which we look
LIST_DAY = "2025-06-01"
SUMMER = pd.Timestamp("2025-07-01")
DORMANT, LOYAL, NEVER = "newly dormant", "loyal", "never bought"
HALF_YEAR = 182
WINDOWS = [60, 120, 180]
WALLS = ["2025-04-01", "2025-07-01", "2025-10-01"]  # the second and the third quarter of 2025
ONE_ROW = "one row of orders is one order; a customer may have several"
ONE_PLACE = "one row of recall_test is one customer on one Sunday's list"


@per_world
def history(orders):
    """Paid orders of three years with the customer's age."""
    return lives(orders, END)


@per_world
def all_cohorts(orders):
    """The triangle on the last morning."""
    return triangle(orders, END)


def of_cohorts(orders, first, last):
    """Paid orders of customers whose cohort lies between two months, both included."""
    rows = history(orders)
    return rows[rows["cohort"].between(first, last)]


def spring(orders):
    """The triangle of the cohorts from January to June 2025."""
    return all_cohorts(orders).loc["2025-01":"2025-06"]


@per_world
def again_value(orders):
    """Mean amount of a paid order that is not the customer's first day, CNY."""
    rows = history(orders)
    return rows.loc[rows["age"] > 0, "amount"].mean()


# ---------------------------------------------------------------- two questions from before


@exercise(
    "M03.r1",
    title="The 24-hour promise while tickets are open",
    kind="choice",
    practises=["R146"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "take the tickets that were answered, because only they have a time of answer",
        "b": "let each open ticket count among the waiting for as long as it has waited, then leave the count",
        "c": "leave out every ticket of the last two days, answered or not, and all that are open",
    },
)
def open_tickets():
    """An open ticket has told us something: that it waited at least so long. Kaplan and Meier count that, and no more."""
    return "b"


@open_tickets.mistake("SLA_CENSORED", repair="Which tickets are still open: the quick ones or the slow ones?")
def _(service_tickets):
    """You asked the answered ones only. Who still waits is missing from the count, and those are the slow ones."""
    waiting = service_tickets["first_response_at"].isna().sum()
    return wrong(
        "a", shows={"tickets": count(len(service_tickets)), "of them without an answer": count(waiting)}
    )


@open_tickets.mistake(
    "NULL_DROP", repair="A ticket has been open for nine days: what does leaving it out hide?"
)
def _():
    """You threw out the open ones with the recent ones. A ticket that has been open for nine days broke the promise, and
    you know it."""
    return "c"


open_tickets.hints(
    "What do you know of a ticket that has been open for three hours?",
    "It has not been answered within three hours; about the fourth nothing is known.",
    "Count it among the waiting up to its third hour.",
)


@exercise(
    "M03.r2",
    title="What stands below the line of a migration?",
    kind="choice",
    practises=["R138"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "everybody who was loyal in July, wherever they stand now",
        "b": "everybody who is dormant in January, wherever they came from",
        "c": "all customers of the shop, because they add up to the whole",
    },
)
def below_migration():
    """A share of a migration belongs to the tier that it starts from."""
    return "a"


@below_migration.mistake(
    "MATRIX_DENOM", repair="Of whom do we say that they went to sleep: of the loyal or of the sleepers?"
)
def _():
    """You divided by where people arrived. That tells where the sleepers came from, not what became of the loyal."""
    return "b"


@below_migration.mistake("WRONG_DENOM", repair="Could a customer who was never loyal have made this move?")
def _():
    """You divided by everybody. Most of them could not make the move that you count, and their number hides it."""
    return "c"


below_migration.hints(
    "Whose fate is told?",
    "Each row of the matrix adds up to one: rows are where people were.",
    "The denominator was fixed before anybody moved.",
)


# ---------------------------------------------------------------- a cohort has an age


@prediction(
    "M03.a",
    title="Month-3 retention of the cohorts of early 2025, as a fraction",
    unit="fraction",
    practises=["R197"],
    bounds=(0, 1),
    section="A cohort has an age",
)
def guess_retention(orders):
    """Of those who ever bought, few buy in any one later month; most months of a customer's life are quiet."""
    return pooled(spring(orders), 3)


@guess_retention.mistake("RETENTION_DENOM", repair="Does everybody who buys in month 3 buy in month 2?")
def _(orders):
    """You guessed near the ratio of two neighbouring months. Its two sides are different people; the cohort is larger."""
    table = spring(orders)
    return table[3].sum() / table[2].sum()


@exercise(
    "M03.1",
    title="Month-3 retention",
    kind="number",
    unit="fraction",
    tolerance=0.002,
    minutes=(3, 5),
    practises=["R197"],
    bounds=(0, 1),
    section="A cohort has an age",
    selfcheck={
        "grain": ONE_ROW + "; a customer counts once in month 3",
        "numerator and denominator": "customers with an order on days 90 to 119; everybody of the same cohorts",
        "window": "cohorts January to June 2025, followed up to the end of 2025",
    },
)
def month_three(orders):
    """The whole cohort stands below the line, at every age: that is what makes the ages comparable."""
    return pooled(spring(orders), 3)


@month_three.mistake(
    "RETENTION_DENOM", repair="Must somebody who buys in month 3 have bought in month 2, too?"
)
def _(orders):
    """You divided by who bought in month 2. They are other people, for the most part: a parent who skips a month and comes
    back is above your line and not below it."""
    table = spring(orders)
    rows = of_cohorts(orders, "2025-01", "2025-06")
    step = rows["age"] // 30
    two, three = (set(rows.loc[step == k, "customer_id"]) for k in (2, 3))
    value = table[3].sum() / table[2].sum()
    newcomers = all_cohorts(orders).loc["2025-09", "people"]
    extra = (value - month_three.compute(orders)) * newcomers * again_value(orders)
    return wrong(
        value,
        shows={"bought in month 3": count(len(three)), "of them also in month 2": count(len(three & two))},
        cost=f"Planned with your rate, the {count(newcomers)} newcomers of September are to bring {yuan(extra)} more in their "
        "month 3 than such people do. The goods would be ordered.",
    )


@month_three.mistake(
    "SURVIVORSHIP", repair="Who is missing from your denominator, and did they buy in month 3?"
)
def _(orders):
    """You divided by those who ever bought again. Who came once and never returned is part of the cohort: leaving them out
    is leaving out the answer."""
    rows = of_cohorts(orders, "2025-01", "2025-06")
    often = rows["customer_id"].value_counts()
    table = spring(orders)
    return wrong(
        table[3].sum() / (often > 1).sum(),
        shows={"in the cohorts": count(len(often)), "with one order to this day": count((often == 1).sum())},
        cost=f"The {count((often == 1).sum())} people who came once cost a coupon and an ad each; your rate takes them off the "
        f"books, and with them {yuan((often == 1).sum() * 15)} of new-customer coupons.",
    )


@month_three.slip("window")
def _(orders):
    """You took the cohorts of all three years."""
    return pooled(all_cohorts(orders), 3)


@month_three.slip("numerator and denominator")
def _(orders):
    """You counted everybody with an order on day 90 or later, in whichever month of age it fell."""
    rows = of_cohorts(orders, "2025-01", "2025-06")
    return rows.loc[rows["age"] >= 90, "customer_id"].nunique() / rows["customer_id"].nunique()


@month_three.slip("numerator and denominator")
def _(orders):
    """You counted days 60 to 89: the third step, but age 2, because age begins at 0."""
    return pooled(spring(orders), 2)


month_three.hints(
    "Which people could have bought in month 3?",
    "Above the line: the sum of column 3 over six cohorts. Below it: the sum of their people.",
    'table = triangle(orders, "2026-01-01").loc["2025-01":"2025-06"]; then table[3].sum() over table["people"].sum().',
)


# ---------------------------------------------------------------- calendar or age


@per_world
def by_calendar(orders):
    """Share of the earlier customers who bought, by calendar month, November 2024 to March 2025."""
    rows, found = history(orders), {}
    first = rows.groupby("customer_id")["first_on"].first()
    for month in pd.period_range("2024-11", "2025-03", freq="M"):
        old = rows[
            (rows["first_on"] < month.start_time) & (rows["ordered_at"].dt.normalize() >= month.start_time)
        ]
        buyers = old.loc[old["ordered_at"] <= month.end_time, "customer_id"].nunique()
        found[str(month)] = buyers / (first < month.start_time).sum()
    return pd.Series(found)


def by_age(orders, first, last):
    """Mean of the retention at ages 1, 2 and 3 of some cohorts, people pooled."""
    table = all_cohorts(orders).loc[first:last]
    return sum(pooled(table, age) for age in (1, 2, 3)) / 3


@exercise(
    "M03.4",
    title="The chart falls after November: what happened?",
    kind="choice",
    minutes=(2, 4),
    practises=["R146", "R197"],
    section="Calendar or age",
    options={
        "a": "customers became less loyal in winter: churn rose, and a win-back budget is needed now",
        "b": "the months differ and the mix of ages moved: at equal age the autumn cohorts buy nearly as the earlier ones did",
        "c": "nothing happened: differences of this size between two months are chance",
        "d": "the autumn cohorts are worse than those before, at every age, because a promotion brought them",
    },
)
def winter(orders):
    """A calendar month adds up people of all ages and the season. Held at equal age, little is left of the fall."""
    drop = by_calendar(orders)["2024-11"] > 1.1 * by_calendar(orders)["2025-01"]
    same = by_age(orders, "2024-09", "2024-11") > 0.9 * by_age(orders, "2024-01", "2024-08")
    return "b" if drop and same else "a"


@winter.mistake(
    "CALENDAR_VS_AGE", repair="What is on sale in November, and who stays at home in late January?"
)
def _(orders):
    """You read a calendar month as an age. November has the great promotion, January the New Year, and a large cohort that
    came for the promotion grew older in between: none of this is a customer who left."""
    shares = by_calendar(orders)
    people = all_cohorts(orders).loc[:"2024-12", "people"].sum()
    lost = (shares["2024-11"] - shares["2025-01"]) * people
    return wrong(
        "a",
        shows={
            "ages 1 to 3, cohorts January to August 2024": percent(by_age(orders, "2024-01", "2024-08")),
            "ages 1 to 3, cohorts September to November 2024": percent(by_age(orders, "2024-09", "2024-11")),
        },
        cost=f"A gift of CNY 22 for each of the {count(lost)} buyers 'lost' since November is {yuan(22 * lost)}, spent against "
        "the calendar.",
    )


@winter.mistake("NOISE_AS_SIGNAL", repair="How many customers stand behind each point of the chart?")
def _(orders):
    """You called it chance. Behind each point stand thousands of buyers, so the chart really falls; the question is why."""
    rows = history(orders)
    month = rows[rows["ordered_at"].between("2025-01-01", "2025-02-01", inclusive="left")]
    return wrong(
        "c",
        shows={
            "November 2024": percent(by_calendar(orders)["2024-11"]),
            "January 2025": percent(by_calendar(orders)["2025-01"]),
            "buyers in January 2025": count(month["customer_id"].nunique()),
        },
    )


@winter.mistake(
    "MIX_UNADJUSTED",
    repair="Beside the fall of the first chart, how far apart do the two lines lie at equal age?",
)
def _(orders):
    """You blamed the people of the promotion. Compared at equal age they buy about as often as those who came before them;
    what moved is how many of the base are young."""
    return wrong(
        "d",
        shows={
            "age 3, cohorts January to August 2024": percent(
                pooled(all_cohorts(orders).loc["2024-01":"2024-08"], 3)
            ),
            "age 3, cohorts September to November 2024": percent(
                pooled(all_cohorts(orders).loc["2024-09":"2024-11"], 3)
            ),
        },
        cost=f"To stop the autumn promotion for it would give up "
        f"{yuan(of_cohorts(orders, '2024-11', '2024-11').query('age > 0')['amount'].sum())}: what the cohort of November 2024 "
        "has bought since its first day.",
    )


winter.hints(
    "What do November and January have that other months do not?",
    "Look at the second picture: it holds the age still.",
    "If people had changed, their curves by age would lie lower.",
)


# ---------------------------------------------------------------- not yet is not never


@per_world
def newcomers(orders):
    """First-time buyers of 2025: cohort, and whether they bought again within 90 days, as far as is known."""
    rows = of_cohorts(orders, "2025-01", "2025-12")
    people = rows.groupby("customer_id").agg(cohort=("cohort", "first"), bought=("age", "size"))
    repeat = rows[rows["customer_id"].duplicated()].groupby("customer_id")["age"].min()
    wait = repeat.reindex(people.index)
    return people.assign(again=(wait < 90), ripe=people["cohort"] <= "2025-09")


@exercise(
    "M03.2",
    title="Repurchase within 90 days",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R147"],
    bounds=(0, 1),
    section="Not yet is not never",
    selfcheck={
        "grain": "one customer, counted once",
        "numerator and denominator": "second paid order on day 0 to 89 after the first; all first-time buyers of the cohorts",
        "window": "cohorts of 2025 for which 90 days are over for everybody",
    },
)
def ninety_days(orders):
    """Only cohorts that had their 90 days, all of them: then a no is a no."""
    people = newcomers(orders)
    return people.loc[people["ripe"], "again"].mean()


@ninety_days.mistake("RIGHT_CENSOR", repair="How many days has a customer of December had to buy again?")
def _(orders):
    """You counted the customers of the last months as people who do not come back. Most of them have not had 90 days:
    'not yet' was read as 'never'."""
    people = newcomers(orders)
    gap = ninety_days.compute(orders) - people["again"].mean()
    return wrong(
        people["again"].mean(),
        shows={
            "bought again so far, cohort of December": percent(
                people.loc[people["cohort"] == "2025-12", "again"].mean()
            ),
            "days that the youngest of them has had": "1",
        },
        cost=f"Each month's newcomers would look poorer than they are, those of September alone by "
        f"{yuan(gap * (people['cohort'] == '2025-09').sum() * again_value(orders))}; the campaign that brought them would be cut.",
    )


@ninety_days.mistake(
    "SURVIVORSHIP", repair="Which customers of December are in your table, and which did you leave out?"
)
def _(orders):
    """You kept the young ones who have bought again and left out the young ones who have not. A yes comes early, a no only
    after 90 days, so a table of what is already known is full of yes."""
    people = newcomers(orders)
    known = people[people["ripe"] | people["again"]]
    young = people[~people["ripe"]]
    return wrong(
        known["again"].mean(),
        shows={
            "customers since October": count(len(young)),
            "of them kept, all of whom bought again": count(young["again"].sum()),
        },
        cost=f"It promises {yuan((known['again'].mean() - ninety_days.compute(orders)) * len(young) * again_value(orders))} of second "
        "orders from the customers since October that nobody has reason to expect.",
    )


@ninety_days.slip("numerator and denominator")
def _(orders):
    """You counted everybody who bought again by the end of 2025, however late."""
    people = newcomers(orders)
    return (people.loc[people["ripe"], "bought"] > 1).mean()


@ninety_days.slip("numerator and denominator")
def _(orders):
    """You divided by those who bought again at some time. Who never did is a first-time buyer, too, and stands below the line."""
    people = newcomers(orders)
    return people.loc[people["ripe"] & (people["bought"] > 1), "again"].mean()


@ninety_days.slip("numerator and denominator")
def _(orders):
    """You took all months and divided by those who bought again at some time. A missing wait is somebody who has not bought again,
    and belongs below the line."""
    people = newcomers(orders)
    return people.loc[people["bought"] > 1, "again"].mean()


ninety_days.hints(
    "For which months of 2025 is the 90th day over for the customer who came last?",
    "Keep those cohorts, then take the share whose second order came before day 90.",
    'first = rows of gaps with number 1 and cohort up to "2025-09"; wait = next_at - ordered_at in whole days.',
)


# ---------------------------------------------------------------- who is still visible


def year_old(orders):
    """Paid orders of the cohorts of January to June 2024."""
    return of_cohorts(orders, "2024-01", "2024-06")


@exercise(
    "M03.3",
    title="Months 12 to 14",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R197", "R146"],
    bounds=(0, 1),
    section="Who is still visible",
    selfcheck={
        "grain": "one customer, counted once, however many of the three months they bought in",
        "numerator and denominator": "customers with an order on days 360 to 449; everybody who ever was in the cohorts",
        "window": "cohorts January to June 2024",
    },
)
def a_year_later(orders):
    """The denominator is who came, not who is still on the screen."""
    rows = year_old(orders)
    late = rows[rows["age"].between(360, 449)]
    return late["customer_id"].nunique() / rows["customer_id"].nunique()


@a_year_later.mistake(
    "SURVIVORSHIP", repair="Where on the CRM's screen is a customer who came once, in March 2024?"
)
def _(orders):
    """You divided by the customers whom the screen shows: those with an order in the last twelve months. Whoever left is not
    on it, so it shows the survivors of the cohort and calls them the cohort."""
    rows = year_old(orders)
    shown = rows.loc[rows["ordered_at"] >= "2025-01-01", "customer_id"].nunique()
    late = rows.loc[rows["age"].between(360, 449), "customer_id"].nunique()
    people = rows["customer_id"].nunique()
    sept = all_cohorts(orders).loc["2025-09", "people"]
    return wrong(
        late / shown,
        shows={"came in these six months": count(people), "still on the screen": count(shown)},
        cost=f"Carried over to the {count(sept)} newcomers of September it plans {yuan((late / shown - late / people) * sept * again_value(orders))} "
        "of orders a year later that will not come.",
    )


@a_year_later.mistake(
    "SUM_UNIQUES", repair="A customer buys on day 365 and on day 400: how often do you count them?"
)
def _(orders):
    """You added up the retention of three months. Whoever bought in two of them is in the sum twice: people cannot be added
    over months any more than over days."""
    rows = year_old(orders)
    late = rows[rows["age"].between(360, 449)].assign(step=lambda t: t["age"] // 30)
    pairs = late.drop_duplicates(["customer_id", "step"])
    several = (pairs["customer_id"].value_counts() > 1).sum()
    return wrong(
        len(pairs) / rows["customer_id"].nunique(),
        shows={
            "customer-months counted": count(len(pairs)),
            "customers in two months or three": count(several),
        },
    )


@a_year_later.slip("window")
def _(orders):
    """You took the cohorts of all of 2024; those of the autumn had not had 450 days."""
    rows = of_cohorts(orders, "2024-01", "2024-12")
    return rows.loc[rows["age"].between(360, 449), "customer_id"].nunique() / rows["customer_id"].nunique()


@a_year_later.slip("numerator and denominator")
def _(orders):
    """You counted everybody with an order in 2025, at any age. Months 12 to 14 are three months of each customer's own life."""
    rows = year_old(orders)
    shown = rows.loc[rows["ordered_at"] >= "2025-01-01", "customer_id"].nunique()
    return shown / rows["customer_id"].nunique()


a_year_later.hints(
    "How many people came in the first half of 2024, wherever they are now?",
    "Customers with an order at age 360 to 449, each once, over all customers of these cohorts.",
    'rows = lives(orders, "2026-01-01"); keep the cohorts; age.between(360, 449); customer_id.nunique() twice.',
)


# ---------------------------------------------------------------- silence is not a contract


@per_world
def silent_in_july(orders):
    """Customers with a first order before July 2025: days of silence on 1 July, and whether they bought by the year's end."""
    rows = history(orders)
    before = rows[rows["ordered_at"] < SUMMER]
    last = before.groupby("customer_id")["ordered_at"].max()
    later = rows.loc[rows["ordered_at"] >= SUMMER, "customer_id"]
    return pd.DataFrame({"days": (SUMMER - last.dt.normalize()).dt.days, "back": last.index.isin(later)})


@prediction(
    "M03.b",
    title="Share of those silent for 60 days who bought again by the year's end, as a fraction",
    unit="fraction",
    practises=["R146"],
    bounds=(0, 1),
    section="Silence is not a contract",
)
def guess_back(orders):
    """Nobody gives notice: a part of every list of churned customers comes back unasked."""
    people = silent_in_july(orders)
    return people.loc[people["days"] > WINDOWS[0], "back"].mean()


@guess_back.mistake("CONTRACTUAL_FORMULA", repair="Which customer told the shop that they had left?")
def _():
    """You guessed near nobody. Who cancels a contract is gone; who is silent for 60 days may have a full cupboard."""
    return 0.0


def by_window(make):
    """A value for each of the three windows."""
    return {f"{window} days": make(window) for window in WINDOWS}


@exercise(
    "M03.11",
    title="How often is 'churned' wrong?",
    kind="table",
    unit="fraction",
    minutes=(4, 7),
    practises=["R146"],
    section="Silence is not a contract",
    selfcheck={
        "grain": "one customer with a paid order before 1 July 2025",
        "numerator and denominator": "those who bought from 1 July to the end of 2025; those silent for more than the window",
        "window": "silence counted in whole days up to 1 July 2025",
    },
)
def false_churn(orders):
    """A longer window calls fewer people churned, and is wrong about fewer of them. There is no window at which silence ends."""
    people = silent_in_july(orders)
    return by_window(lambda window: people.loc[people["days"] > window, "back"].mean())


@false_churn.mistake("WRONG_DENOM", repair="Of whom do you ask how often the label is wrong?")
def _(orders):
    """You divided by all customers. The question is how often the label is wrong, so those who carry the label stand below
    the line."""
    people = silent_in_july(orders)
    return wrong(
        by_window(lambda window: (people["back"] & (people["days"] > window)).mean()),
        shows={
            "customers": count(len(people)),
            "silent for more than 60 days": count((people["days"] > 60).sum()),
        },
    )


@false_churn.mistake("RIGHT_CENSOR", repair="Where in your table is a customer who never came back?")
def _(orders):
    """You looked at the pauses that ended. Every one of them ended in an order, by construction; those who are silent to this
    day are the rest of the answer."""
    rows = history(orders)
    pause = rows.groupby("customer_id")["ordered_at"].diff().dropna() / pd.Timedelta(days=1)
    people = silent_in_july(orders)
    silent = people[people["days"] > 60]
    return wrong(
        by_window(lambda window: (pause > window).mean()),
        shows={
            "pauses that ended": count(len(pause)),
            "silent in July and silent still": count((~silent["back"]).sum()),
        },
        cost=f"It expects far too many to return by themselves and would save the gift: {yuan(22 * len(silent))} not spent, and "
        "the newly dormant among them not asked.",
    )


@false_churn.slip("window")
def _(orders):
    """You looked for orders within one month of 1 July; the question goes up to the end of the year."""
    rows = history(orders)
    people = silent_in_july(orders)
    july = rows.loc[rows["ordered_at"].between(SUMMER, "2025-08-01", inclusive="left"), "customer_id"]
    return by_window(lambda window: people.index[people["days"] > window].isin(july).mean())


false_churn.hints(
    "Who carries the label 'churned' on 1 July under each window?",
    "Of those silent for more than the window: the share with an order from 1 July on.",
    'silent = people[people["days"] > window]; then silent["back"].mean(), three times.',
)


@per_world
def half_years(orders):
    """Buyers of the first half of 2023, by half-year of their age: a list of sets, the first holds everybody."""
    rows = of_cohorts(orders, "2023-01", "2023-06")
    step = rows["age"] // HALF_YEAR
    return [set(rows.loc[step == k, "customer_id"]) for k in range(4)]


@exercise(
    "M03.8",
    title="What is left in the fourth half-year?",
    kind="number",
    unit="fraction",
    minutes=(3, 6),
    practises=["R146"],
    bounds=(0, 1),
    section="Silence is not a contract",
    selfcheck={
        "grain": "one customer, counted once in the half-year",
        "numerator and denominator": "customers with an order on days 546 to 727; everybody of the cohorts",
        "window": "cohorts January to June 2023",
    },
)
def fourth_half(orders):
    """Far more than the formula leaves: people pause and come back, and those who stay are not like those who went."""
    halves = half_years(orders)
    return len(halves[3]) / len(halves[0])


@fourth_half.mistake(
    "CONTRACTUAL_FORMULA", repair="Is somebody who skips a half-year gone, as after cancelling a contract?"
)
def _(orders):
    """You let the same share leave in every half-year. That holds for a contract of equal customers; here nobody gives notice,
    the pausing return, and after the hurried ones have left the steady ones remain."""
    halves = half_years(orders)
    rate = len(halves[1]) / len(halves[0])
    gap = len(halves[3]) / len(halves[0]) - rate**3
    sept = all_cohorts(orders).loc["2025-09", "people"]
    return wrong(
        rate**3,
        shows={
            "bought in the second half-year": percent(rate),
            "of these, in the third as well": percent(len(halves[2] & halves[1]) / len(halves[1])),
        },
        cost=f"For the {count(sept)} newcomers of September it writes off {yuan(gap * sept * again_value(orders))}, at one order each, "
        "in that half-year alone.",
    )


@fourth_half.mistake("SURVIVORSHIP", repair="Who of the cohort is not in your denominator?")
def _(orders):
    """You asked the buyers of the half-year before. Of them, many come again; the cohort is larger than its survivors."""
    halves = half_years(orders)
    return wrong(
        len(halves[3] & halves[2]) / len(halves[2]),
        shows={
            "in the cohorts": count(len(halves[0])),
            "buyers of the half-year before": count(len(halves[2])),
        },
    )


@fourth_half.slip("window")
def _(orders):
    """You took days 364 to 545: the third half-year, because the first one is number 0."""
    halves = half_years(orders)
    return len(halves[2]) / len(halves[0])


fourth_half.hints(
    "Count, do not compound: the data are old enough to look.",
    "Age divided by 182 without rest is 3 in the fourth half-year.",
    'rows = lives(...) of the cohorts "2023-01" to "2023-06"; age.between(546, 727); customers over customers.',
)


# ---------------------------------------------------------------- where growth comes from


@per_world
def quarters(orders):
    """Revenue of each customer in the two quarters, 0 if none, and the day of the first order."""
    rows = history(orders)
    names, table = ["before", "after"], {}
    for name, start, end in zip(names, WALLS[:-1], WALLS[1:], strict=True):
        part = rows[rows["ordered_at"].between(start, end, inclusive="left")]
        table[name] = part.groupby("customer_id")["amount"].sum()
    first = rows.groupby("customer_id")["first_on"].first()
    return pd.DataFrame(table).fillna(0.0).join(first)


def growth(people, new):
    """The four parts of the change of revenue; `new` says who of the later quarter counts as new."""
    here, there = people["after"] > 0, people["before"] > 0
    change = people["after"] - people["before"]
    return {
        "new": people.loc[here & new, "after"].sum(),
        "kept": change[here & there].sum(),
        "won back": people.loc[here & ~there & ~new, "after"].sum(),
        "lost": change[there & ~here].sum(),
    }


@exercise(
    "M03.13",
    title="The third quarter's growth, taken apart",
    kind="table",
    unit="CNY",
    minutes=(4, 8),
    practises=["R011", "R197"],
    section="Where growth comes from",
    selfcheck={
        "grain": "one customer with the revenue of both quarters",
        "numerator and denominator": "no rate: four sums that add up to the change of revenue",
        "window": "third quarter of 2025 against the second",
        "filter": "paid orders; new means: first paid order ever",
    },
)
def growth_parts(orders):
    """The four add up to the change. Acquisition carried the quarter: more was lost than the kept and the won back
    added."""
    people = quarters(orders)
    return growth(people, people["first_on"] >= WALLS[1])


@growth_parts.mistake(
    "FILTER_BEFORE_MIN", repair="Somebody bought in January and in August: is that a new customer in August?"
)
def _(orders):
    """You called new whoever had no order in the second quarter. The first order has to be looked for in the whole history;
    otherwise everybody who is won back is celebrated as new."""
    people = quarters(orders)
    new = people["before"] == 0
    old = new & (people["first_on"] < WALLS[1]) & (people["after"] > 0)
    return wrong(
        growth(people, new),
        shows={
            "counted as new": count((new & (people["after"] > 0)).sum()),
            "of them customers before": count(old.sum()),
        },
        cost=f"Acquisition would be praised for {percent(people.loc[old, 'after'].sum() / people['after'].sum())} of the quarter's sales that "
        "old customers brought, and its budget would follow.",
    )


@growth_parts.mistake(
    "SURVIVORSHIP", repair="Which of the four sums can be below zero, and who stands in it?"
)
def _(orders):
    """You left out who did not come again. They have no row in the later quarter, but their money is missing from it."""
    people = quarters(orders)
    parts = growth(people, people["first_on"] >= WALLS[1])
    gone = (people["before"] > 0) & (people["after"] == 0)
    return wrong(
        parts | {"lost": 0.0},
        shows={
            "your parts together": yuan(sum(parts.values()) - parts["lost"]),
            "change of revenue": yuan(people["after"].sum() - people["before"].sum()),
            "customers who did not come again": count(gone.sum()),
        },
        cost=f"{percent(gone.sum() / (people['before'] > 0).sum(), 0)} of the customers of spring would stand in no line of the review, so "
        "nobody would be asked to win them back.",
    )


@growth_parts.slip("filter")
def _(orders):
    """You kept orders that were never paid."""
    rows, table = orders[orders["ordered_at"] < END], {}
    for name, start, end in zip(["before", "after"], WALLS[:-1], WALLS[1:], strict=True):
        part = rows[rows["ordered_at"].between(start, end, inclusive="left")]
        table[name] = part.groupby("customer_id")["amount"].sum()
    people = pd.DataFrame(table).fillna(0.0)
    return growth(people, rows.groupby("customer_id")["ordered_at"].min().reindex(people.index) >= WALLS[1])


@growth_parts.slip("numerator and denominator")
def _(orders):
    """You gave all that the kept bought in the third quarter. Their part of the change is that less what they bought in the
    second."""
    people = quarters(orders)
    kept = (people["before"] > 0) & (people["after"] > 0)
    return growth(people, people["first_on"] >= WALLS[1]) | {"kept": people.loc[kept, "after"].sum()}


growth_parts.hints(
    "Each customer of the two quarters belongs into one of four groups. Which?",
    "New: first order ever in the third quarter. Kept: both quarters. Won back: only the third, not new. Lost: only the second.",
    'change = people["after"] - people["before"]; sum it over each of the four groups.',
)


# ---------------------------------------------------------------- trust, loyalty, fission


@per_world
def inviters(referrals):
    """Customers who invited in 2025, one entry for each invitation."""
    rows = referrals[(referrals["invited_at"] >= "2025-01-01") & referrals["inviter_customer_id"].notna()]
    return rows["inviter_customer_id"].astype("int64")


@per_world
def tiers_then(customers, orders):
    """Tiers on the morning of 1 January 2025."""
    return tiers(customers, orders, "2025-01-01")


@per_world
def tiers_now(customers, orders):
    """Tiers on the last morning."""
    return tiers(customers, orders, END)


def invited_by_tier(tier, referrals):
    """Share of the loyal and of the dormant who invited somebody in 2025."""
    return {name: tier.index[tier == name].isin(inviters(referrals)).mean() for name in ("loyal", "dormant")}


@exercise(
    "M03.14",
    title="Who brings friends?",
    kind="table",
    unit="fraction",
    minutes=(3, 6),
    practises=["R148", "R138"],
    section="Where growth comes from",
    selfcheck={
        "grain": "one customer; several invitations are one inviter",
        "numerator and denominator": "customers of the tier who invited in 2025; all customers of the tier",
        "window": "tier on 1 January 2025, invitations from that day on",
    },
)
def friends(customers, orders, referrals):
    """Tier first, invitations after it: so the tier cannot be a result of the inviting. Few of any tier invite; the loyal do
    more often."""
    return invited_by_tier(tiers_then(customers, orders), referrals)


@friends.mistake(
    "SNAPSHOT_LEAK", repair="When did the customer become loyal: before the invitation or after it?"
)
def _(customers, orders, referrals):
    """You took today's tier. It was made after the invitations: a customer who invited in March and went to sleep in June
    stands among the dormant, and the newly loyal of autumn had no time to invite."""
    now, then = tiers_now(customers, orders), tiers_then(customers, orders)
    kept = (now.reindex(then.index)[then == "loyal"] == "loyal").sum()
    return wrong(
        invited_by_tier(now, referrals),
        shows={
            "loyal on 1 January 2025": count((then == "loyal").sum()),
            "still loyal a year later": count(kept),
        },
    )


@friends.mistake("ROWS_AS_PEOPLE", repair="How many invitations did the busiest inviter send?")
def _(customers, orders, referrals):
    """You counted invitations. Somebody who sends twenty is one person of the tier."""
    tier, sent = tiers_then(customers, orders), inviters(referrals)
    value = {
        name: sent.isin(tier.index[tier == name]).sum() / (tier == name).sum()
        for name in ("loyal", "dormant")
    }
    return wrong(
        value,
        shows={"invitations": count(len(sent)), "people who sent them": count(sent.nunique())},
        cost=f"A gift of CNY 20 for each inviter of 2025, of all tiers, would be budgeted at {yuan(20 * len(sent))} instead of "
        f"{yuan(20 * sent.nunique())}.",
    )


@friends.mistake("MATRIX_DENOM", repair="Of whom do you ask how many invited: of a tier or of the inviters?")
def _(customers, orders, referrals):
    """You divided by all who invited. That tells from which tiers the inviters come, and a large tier leads there without
    inviting often."""
    tier, people = tiers_then(customers, orders), inviters(referrals).unique()
    names = ("loyal", "dormant")
    return wrong(
        {name: tier.index[tier == name].isin(people).sum() / len(people) for name in names},
        shows={f"customers who were {name}": count((tier == name).sum()) for name in names},
    )


friends.hints(
    "Which comes first, the tier or the invitation?",
    "Take the tiers of 1 January 2025 and ask of each customer whether they invited in 2025.",
    'tier.index[tier == "loyal"].isin(inviters).mean()',
)


# ---------------------------------------------------------------- the list of a morning


@per_world
def logins():
    """Visits of customers who were logged in, up to 30 June 2025: customer_id, started_at."""
    return _visits("started_at < '2025-07-01'")


@per_world
def last_logins():
    """Last login of each customer in the whole file, as the shop's user table shows it today."""
    return _visits("true").groupby("customer_id")["started_at"].max()


def _visits(where):
    """Last login of each customer and day from the files: a million rows need not come into memory."""
    files = str(data.folder() / "web_sessions_*.parquet").replace("'", "''")
    return duckdb.sql(f"""
        SELECT customer_id, max(started_at) AS started_at FROM read_parquet('{files}')
        WHERE customer_id IS NOT NULL AND {where} GROUP BY customer_id, started_at::DATE
    """).df()


def own_customers(customers):
    """Customers of the own shop, where one can log in."""
    return customers[customers["store"].isin(["own", ""])]


@exercise(
    "M03.5",
    title="The seven-day list of 1 June",
    kind="number",
    unit="count",
    minutes=(4, 7),
    practises=["R145"],
    section="The list of a morning",
    selfcheck={
        "grain": "one customer, once on the list",
        "window": "no login from 25 May to 31 May 2025; nothing from 1 June on is known",
        "filter": "customers of the own shop (store 'own' or empty) registered before 1 June; never seen counts as absent",
    },
)
def seven_day_list(customers):
    """Made from what was known in that morning. Who logged in later was still absent on that day."""
    return len(absent(own_customers(customers), logins(), LIST_DAY))


@seven_day_list.mistake(
    "SNAPSHOT_LEAK", repair="A customer was silent in May and came back on 20 June: is she on your list?"
)
def _(customers):
    """You used the last login that the file shows today. Whoever came back after 1 June has a late last login and drops off
    the list: the future erased the very people whom a recall could have won."""
    known = own_customers(customers).query("registered_on < @LIST_DAY")["customer_id"]
    last = known.map(last_logins())
    value = (~(last >= pd.Timestamp(LIST_DAY) - pd.Timedelta(days=7))).sum()
    lost = seven_day_list.compute(customers) - value
    return wrong(
        value,
        shows={
            "customers with a login after 1 June": count((last >= pd.Timestamp(LIST_DAY)).sum()),
        },
        cost=f"Up to about {yuan(round(22 * lost, -4))} of gifts are missing from the plan: people who do come back would get no offer, "
        "and these are the people who redeem one.",
    )


@seven_day_list.mistake("NULL_DROP", repair="What is the last login of somebody who has none?")
def _(customers):
    """You lost the customers who had never logged in by then. A missing last login compares as false and falls off the list, though
    nobody was away longer."""
    visits = logins()
    last = visits[visits["started_at"] < LIST_DAY].groupby("customer_id")["started_at"].max()
    known = own_customers(customers).query("registered_on < @LIST_DAY")["customer_id"].map(last)
    return wrong(
        (known < pd.Timestamp(LIST_DAY) - pd.Timedelta(days=7)).sum(),
        shows={
            "customers of the own shop": count(len(known)),
            "of them without any login before 1 June": percent(known.isna().mean(), 0),
        },
    )


@seven_day_list.slip("filter")
def _(customers):
    """You took the customers of all stores; who bought on a marketplace only has no login to miss."""
    return len(absent(customers, logins(), LIST_DAY))


@seven_day_list.slip("filter")
def _(customers):
    """You kept the customers who registered on 1 June or later."""
    return (
        len(absent(own_customers(customers), logins(), LIST_DAY))
        + (own_customers(customers)["registered_on"] >= LIST_DAY).sum()
    )


seven_day_list.hints(
    "What had the shop seen when the morning of 1 June began?",
    "Throw away every visit from 1 June on first; then look who has none in the last seven days.",
    'absent(own, logins, "2025-06-01") does it; in the open: customers of own whose id is not among the logins of that week.',
)


# ---------------------------------------------------------------- the flow


@per_world
def offers(recall_test):
    """Offers sent, with the days since the same customer's last offer."""
    sent = recall_test[recall_test["arm"] == "offer"].sort_values("wave_on", kind="stable")
    return sent.assign(since=sent.groupby("customer_id")["wave_on"].diff().dt.days)


@exercise(
    "M03.12",
    title="The double send",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R134", "R145"],
    bounds=(0, 1),
    section="The flow that nobody watches",
    selfcheck={
        "grain": "one offer sent: a customer on a Sunday, arm 'offer'",
        "numerator and denominator": "offers sent less than 14 days after the last one to the same customer; all offers of the tier",
        "filter": "tier 'never bought'",
    },
)
def double_send(recall_test):
    """The flow has no rest for this branch: who does not answer is asked again next Sunday, and the one after."""
    sent = offers(recall_test)
    return (sent.loc[sent["tier"] == NEVER, "since"] < 14).mean()


@double_send.mistake("AGG_HIDES", repair="In which of the tiers does it happen at all?")
def _(recall_test):
    """Below your line stand the offers of all tiers. The other branches rest after an offer, so the mean of all hides the one that does not."""
    sent = offers(recall_test)
    never = sent["tier"] == NEVER
    harm = (sent["complained"] & never).sum()
    return wrong(
        (sent["since"] < 14).mean(),
        shows={
            "complaints of those who never bought": count(harm),
            "complaints of all others": count((sent["complained"] & ~never).sum()),
        },
    )


@double_send.mistake("DEF_MISMATCH", repair="Did everybody whom you count receive a message?")
def _(recall_test):
    """You counted how often a customer is on the list again. The list holds the holdout, too, who was sent nothing: being
    listed is not being written to."""
    rows = recall_test[recall_test["tier"] == NEVER].sort_values("wave_on", kind="stable")
    since = rows.groupby("customer_id")["wave_on"].diff().dt.days
    held = (rows["arm"] == "holdout").sum()
    return wrong(
        (since < 14).mean(),
        shows={
            "places on the list, never bought": count(len(rows)),
            "of them holdout, nothing sent": count(held),
        },
        cost=f"Charged at CNY 0.05 a message, the report would bill {yuan(0.05 * held)} for messages that never went out, and blame "
        "the offer for people who got none.",
    )


@double_send.slip("numerator and denominator")
def _(recall_test):
    """You counted the second Sunday after the offer as well: 14 days is not less than 14."""
    sent = offers(recall_test)
    return (sent.loc[sent["tier"] == NEVER, "since"] <= 14).mean()


@double_send.slip("numerator and denominator")
def _(recall_test):
    """You left the first offers out. They have none before them, but they are offers of the tier and stand below the line."""
    sent = offers(recall_test)
    return (sent.loc[(sent["tier"] == NEVER) & sent["since"].notna(), "since"] < 14).mean()


double_send.hints(
    "Follow one customer through the flow: on which Sundays was something sent?",
    "Sort the offers by wave; within a customer, the difference to the wave before.",
    'sent.groupby("customer_id")["wave_on"].diff().dt.days, then the share below 14 in the tier.',
)


# ---------------------------------------------------------------- the experiment


def arms(recall_test, tier, column="ordered_14d"):
    """(offer, holdout) means of a column in a tier."""
    rows = recall_test[recall_test["tier"] == tier]
    return tuple(float(rows.loc[rows["arm"] == arm, column].mean()) for arm in ("offer", "holdout"))


@prediction(
    "M03.c",
    title="What the offer adds among the newly dormant, in points, as a fraction",
    unit="pp",
    practises=["R145"],
    bounds=(-1, 1),
    section="What the offer adds",
)
def guess_effect(recall_test):
    """Most of those who bought after the offer would have bought without it."""
    offer, holdout = arms(recall_test, DORMANT)
    return offer - holdout


@guess_effect.mistake("NO_CONTROL", repair="What would these customers have bought with no message at all?")
def _(recall_test):
    """You guessed near the share that bought after the offer. Most of them would have bought without it."""
    return arms(recall_test, DORMANT)[0]


@exercise(
    "M03.6",
    title="What the offer adds",
    kind="number",
    unit="pp",
    minutes=(3, 5),
    practises=["R145"],
    bounds=(-1, 1),
    section="What the offer adds",
    selfcheck={
        "grain": ONE_PLACE,
        "numerator and denominator": "share with an order within 14 days, offer less holdout",
        "filter": "tier 'newly dormant'",
    },
)
def recall_effect(recall_test):
    """The holdout shows what would have happened anyway; the difference is what the offer did."""
    offer, holdout = arms(recall_test, DORMANT)
    return offer - holdout


@recall_effect.mistake("NO_CONTROL", repair="How many of the holdout bought, with nothing sent to them?")
def _(recall_test):
    """You reported the buyers among those who got the offer. Parents run out of nappies with and without a text message:
    the holdout bought as well."""
    rows = recall_test[recall_test["tier"] == DORMANT]
    sent = rows[rows["arm"] == "offer"]
    offer, holdout = arms(recall_test, DORMANT)
    anyway = holdout / offer * sent["offer_cost"].sum()
    return wrong(
        offer,
        shows={
            "customers in the holdout, nothing sent": count((rows["arm"] == "holdout").sum()),
            "of them bought": count(rows.loc[rows["arm"] == "holdout", "ordered_14d"].sum()),
        },
        cost=f"Of {yuan(sent['offer_cost'].sum())} for gifts to this tier, {yuan(anyway)} went to orders that would have come anyway; "
        "you book all of them as won.",
    )


@recall_effect.mistake("PCT_VS_PP", repair="By how many of 100 customers does the offer raise the buyers?")
def _(recall_test):
    """You gave the lift relative to the holdout. Points are what a list of so many customers is multiplied with; a relative
    lift of a small rate sounds large."""
    offer, holdout = arms(recall_test, DORMANT)
    rows = recall_test[recall_test["tier"] == DORMANT]
    people, bought = len(rows), rows.loc[rows["arm"] == "offer", "ordered_14d"].sum()
    extra = (offer / holdout - 1) * people
    value = recall_test.loc[recall_test["ordered_14d"], "margin_14d"].mean()
    return wrong(
        offer / holdout - 1,
        shows={"holdout": percent(holdout), "of 1,000 in the holdout bought": count(1000 * holdout)},
        cost=f"Multiplied with the list it promises {count(extra)} buyers more, about {yuan(extra * value)} of margin. In the test all "
        f"offers to this tier together were followed by {count(bought)} buyers.",
    )


@recall_effect.slip("filter")
def _(recall_test):
    """You took all tiers together."""
    rate = recall_test.groupby("arm")["ordered_14d"].mean()
    return rate["offer"] - rate["holdout"]


recall_effect.hints(
    "What would these customers have done without the offer? Who shows it?",
    "Share of the offer arm less share of the holdout, in one tier.",
    'rate = rows.groupby("arm")["ordered_14d"].mean(); rate["offer"] - rate["holdout"]',
)


@per_world
def net_by_tier(recall_test):
    """What the offer adds per customer in each tier, margin less gift, CNY."""
    net = recall_test["margin_14d"] - recall_test["offer_cost"]
    return value_per_cell(recall_test.assign(net=net), "tier", "arm", "offer", "net", control="holdout")


@exercise(
    "M03.7",
    title="To whom should the offer go?",
    kind="choice",
    minutes=(3, 5),
    practises=["R139", "R144", "R145"],
    section="To whom should it go",
    options={
        "a": "to the loyal: nobody answers an offer as often as they do",
        "b": "to all four tiers: on average over the list, buyers in the offer arm are more than in the holdout",
        "c": "to the newly dormant: there the margin that the offer adds is larger than the gifts it costs",
        "d": "to those who never bought: they have the most room to grow",
    },
)
def best_tier(recall_test):
    """Uplift decides, not response: an offer earns where it changes what people do."""
    value = net_by_tier(recall_test)["value"]
    return "c" if value.idxmax() == DORMANT and value[DORMANT] > 0 else "b"


@best_tier.mistake(
    "RESPONSE_AS_UPLIFT", repair="How often do the loyal buy in these 14 days without any offer?"
)
def _(recall_test):
    """You chose who answers most. The loyal buy as often without it: the gift is a present for what they do anyway."""
    offer, holdout = arms(recall_test, LOYAL)
    gifts = recall_test.loc[recall_test["tier"] == LOYAL, "offer_cost"].sum()
    return wrong(
        "a",
        shows={"loyal, with the offer": percent(offer), "loyal, nothing sent": percent(holdout)},
        cost=f"The gifts to the loyal cost {yuan(gifts)} in this test and moved the share of buyers by {points(offer - holdout)}.",
    )


@best_tier.mistake(
    "MAIN_EFFECT_ONLY", repair="In which tiers does the margin that the offer adds pay its gifts?"
)
def _(recall_test):
    """You let the average decide for everybody. It is made of a tier that gains, one that is given presents, and one that is
    driven away; sent to all, the offer pays for the second and the third with the first."""
    table = net_by_tier(recall_test)
    others = table.drop(index=DORMANT)
    loss = (others["value"] * others["people"]).sum()
    return wrong(
        "b",
        shows={
            name: f"{points(arms(recall_test, name)[0] - arms(recall_test, name)[1])}" for name in table.index
        },
        cost=f"Outside the newly dormant the offer came to {yuan(loss)}, margin less gifts, had all of the tested been sent it.",
    )


@best_tier.mistake(
    "RISK_AS_UPLIFT", repair="What did those who never bought do after the message, beside not buying?"
)
def _(recall_test):
    """You chose who is farthest away. Being unlikely to buy does not make anybody easy to persuade: after the message more of
    them complained than bought."""
    rows = recall_test[(recall_test["tier"] == NEVER) & (recall_test["arm"] == "offer")]
    return wrong(
        "d",
        shows={
            "bought after the offer": percent(rows["ordered_14d"].mean(), 2),
            "complained": percent(rows["complained"].mean(), 2),
            "left the SMS list": percent(rows["opted_out"].mean(), 2),
        },
        cost=f"It comes to {yuan(net_by_tier(recall_test).loc[NEVER, 'value'] * len(rows))} for the {count(len(rows))} offers sent, and "
        f"{count(rows['opted_out'].sum())} people will read no further message.",
    )


best_tier.hints(
    "Where does the offer change what people do?",
    "Look at the difference between the arms, tier by tier, then take the gifts off.",
    "The column value of the last table: which tier is clearly above zero?",
)


# ---------------------------------------------------------------- mixed case and memo


@exercise(
    "M03.9",
    title="Two plans for the second half of the year",
    kind="table",
    unit="CNY",
    minutes=(6, 10),
    points=2,
    practises=["R139", "R144"],
    section="Mixed case: two plans for Director Shen",
    selfcheck={
        "grain": ONE_PLACE + "; both arms are people of the plan",
        "numerator and denominator": "per person: what the offer adds, margin less gift; times all people of the tier",
        "filter": "one tier, then the four tiers added up",
    },
)
def two_plans(recall_test):
    """What the offer adds after its gifts, times the people it would go to: the same test supports both plans."""
    table = net_by_tier(recall_test)
    worth = table["value"] * table["people"]
    return {"newly dormant only": worth[DORMANT], "all four tiers": worth.sum()}


@two_plans.mistake("MARGIN_IGNORED", repair="Who pays for the gift in the parcel?")
def _(recall_test):
    """You left out the gifts. They go to everybody who orders, those included who would have ordered anyway, so they weigh
    most where the offer does least."""
    table = value_per_cell(recall_test, "tier", "arm", "offer", "margin_14d", control="holdout")
    worth = table["value"] * table["people"]
    gifts = recall_test.groupby("tier")["offer_cost"].sum()
    return wrong(
        {"newly dormant only": worth[DORMANT], "all four tiers": worth.sum()},
        shows={
            "gifts sent in the test": count((recall_test["offer_cost"] > 0).sum()),
            "a gift costs": "CNY 22.00",
        },
        cost=f"In the test {yuan(gifts[LOYAL])} of gifts, {percent(gifts[LOYAL] / gifts.sum(), 0)} of all, went to the loyal alone. Your plan "
        "for all four tiers would send the gifts and leave their bill to nobody.",
    )


@two_plans.mistake("RESPONSE_AS_UPLIFT", repair="What did the holdout bring in the same 14 days?")
def _(recall_test):
    """You multiplied what people with the offer bring. The holdout brings nearly as much for nothing; only the difference
    belongs to the offer."""
    table = net_by_tier(recall_test)
    worth = table["with_action"] * table["people"]
    anyway = table.loc[DORMANT, "without"] / table.loc[DORMANT, "with_action"]
    return wrong(
        {"newly dormant only": worth[DORMANT], "all four tiers": worth.sum()},
        shows={
            "per newly dormant customer with the offer": yuan(table.loc[DORMANT, "with_action"]),
            "per newly dormant customer without": yuan(table.loc[DORMANT, "without"]),
        },
        cost=f"Of every CNY 100 that it promises from the newly dormant, about {count(100 * anyway)} come in without any offer.",
    )


@two_plans.slip("grain")
def _(recall_test):
    """You multiplied with the people of the offer arm only; the plan would have reached the holdout, too."""
    table = net_by_tier(recall_test)
    people = recall_test[recall_test["arm"] == "offer"]["tier"].value_counts().reindex(table.index)
    worth = table["value"] * people
    return {"newly dormant only": worth[DORMANT], "all four tiers": worth.sum()}


two_plans.hints(
    "What is left of an order after the gift, and what would have come anyway?",
    "Margin less gift, mean of the offer arm less mean of the holdout, tier by tier; times people of both arms.",
    'value_per_cell(test, "tier", "arm", "offer", "net", control="holdout"), then value * people.',
)


@exercise(
    "M03.10",
    title="Memo: what the seven-day recall does",
    kind="memo",
    unit="pp",
    minutes=(5, 8),
    points=2,
    practises=["R145", "R139"],
    section="The memo",
    selfcheck={
        "line 1": "the effect among the newly dormant, in points (one point and a half is written 1.5 pp), with its tier and window",
        "line 2": "the evidence: what it is compared with, or what the other tiers show",
        "line 3": "the ask: who should do what, by when",
    },
)
def recall_memo(recall_test):
    """An effect with its comparison, and a decision that follows from it."""
    return recall_effect.compute(recall_test)


@recall_memo.mistake("NO_CONTROL", repair="Is the number of line 1 a difference of two arms?")
def _(recall_test):
    """Your first line carries the buyers among those who got the offer. Most of them would have bought without it."""
    offer, holdout = arms(recall_test, DORMANT)
    sent = recall_test[(recall_test["tier"] == DORMANT) & (recall_test["arm"] == "offer")]
    return wrong(
        offer,
        shows={"bought with the offer": percent(offer), "bought with nothing sent": percent(holdout)},
        cost=f"{yuan(holdout / offer * sent['offer_cost'].sum())} of gifts for orders that came anyway would be repeated every half-year.",
    )


@recall_memo.mistake("NO_ACTION", repair="Who should stop or start sending what, and from which Sunday on?")
def _():
    """Your third line asks for nothing. The flow runs every Sunday until somebody changes it."""
    return None


recall_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: the difference of the arms in points. Line 2: a figure of another tier, or of the holdout.",
    "Line 3 begins with a verb: send, stop, keep, test; and says from when.",
)
