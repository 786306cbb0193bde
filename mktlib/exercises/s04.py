"""S04 Forecasting: bars, rolling origins, moving feasts, ranges, leads. Lesson: lessons/3_senior/S04_forecasting.md."""

import numpy as np
import pandas as pd

from mktlib import forecast
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan

YEAR = "2024-12-30"  # first origin of 2025: all weeks before it are complete
NEXT = "2025-12-29"  # the Monday after the last complete week
FIRST = "2024-02-26"  # first origin at which the regression has seen a whole year
PROMOTION_618 = ["618 peak", "618 days", "after 618"]
DOUBLE_11 = ["Double 11 peak", "Double 11 days", "after Double 11"]
SMALL = "HY-B06"  # the product that sells fewest a day
GRAIN = "one row is a week, Monday to Sunday; paid orders of all stores"


# ---------------------------------------------------------------- what several answers need


@per_world
def sales(orders):
    """Paid sales by complete week."""
    paid = orders[orders["status"] == "paid"]
    by_day = paid.groupby(paid["ordered_at"].dt.normalize())["amount"].sum()
    return forecast.complete_weeks(by_day.reindex(pd.date_range("2023-01-01", "2025-12-31"), fill_value=0))


@per_world
def known(calendar):
    """What the calendar knows of each week."""
    return forecast.calendar_features(calendar)


def ahead(origin, weeks=8):
    return pd.date_range(origin, periods=weeks, freq="7D")


def before(orders, origin):
    return sales(orders)[: pd.Timestamp(origin) - forecast.WEEK]


def vendor(history, weeks):
    """The vendor's model: a straight line of logs, and a step for each month."""
    return np.exp(
        _months(weeks) @ np.linalg.lstsq(_months(history.index), np.log(history.to_numpy()), rcond=None)[0]
    )


def _months(weeks):
    weeks = pd.DatetimeIndex(weeks)
    months = weeks.month.to_numpy()[:, None] == np.arange(1, 13)
    return np.column_stack([(weeks - pd.Timestamp("2023-01-02")) / forecast.WEEK, months])


@per_world
def vendor_runs(orders):
    return forecast.rolling_origin(sales(orders), vendor, YEAR)


@per_world
def bar_runs(orders):
    return forecast.rolling_origin(sales(orders), forecast.growing_naive, YEAR)


@per_world
def model_runs(orders, calendar):
    """The regression at every origin since it has seen a year."""
    features = known(calendar)
    return forecast.rolling_origin(sales(orders), lambda h, w: forecast.regression(h, w, features), FIRST)


def error_a_week(runs):
    """Mean absolute error in yuan."""
    return (runs["actual"] - runs["forecast"]).abs().mean()


# ---------------------------------------------------------------- two questions from before


@exercise(
    "S04.r1",
    title="The last row of a table by week",
    kind="choice",
    practises=["R207"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "keep it: a week is a week, and the newest one tells most about the next",
        "b": "leave it out: it has three days, and no week before it has fewer than seven",
        "c": "multiply it by seven thirds: then it has as many days as the others",
    },
)
def last_row():
    """Sums are compared over equal periods. A part of a week is a level of its own, and the model would follow it."""
    return "b"


@last_row.mistake("INCOMPLETE_PERIOD", repair="How many days does each of the other rows hold?")
def _(orders):
    """You compared what is in the file. The last three days of 2025 make a row that looks like a collapse."""
    paid = orders[(orders["status"] == "paid") & (orders["ordered_at"] >= NEXT)]
    return wrong("a", shows={"last complete week": yuan(sales(orders).iloc[-1]), "row of three days": yuan(paid["amount"].sum())})  # fmt: skip


@last_row.mistake("PACING_LINEAR", repair="Do people order on a Monday as they do on a Sunday?")
def _():
    """You spread a week evenly over its days. Monday to Wednesday are not three sevenths of it, least of all at the turn of a year."""
    return "c"


last_row.hints(
    "What stands in the rows above it?",
    "Three days of December are no week.",
    "A sum over another length is another quantity; leave it out.",
)


@exercise(
    "S04.r2",
    title="A week below its plan, inside its limits",
    kind="choice",
    practises=["R225"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "nothing: weeks like this come by chance, and the limits were set to say so",
        "b": "move a tenth of the feed budget: the week is below its plan, and waiting costs sales",
        "c": "narrow the limits: they are so wide that they did not catch this week",
    },
)
def week_below():
    """Limits are set before the week so that nobody has to argue about it afterwards."""
    return "a"


@week_below.mistake("OVER_TUNE", repair="How many of the fifty-two weeks lie below their plan by chance?")
def _():
    """You act on a week's luck. Half of all weeks lie below a fair plan, and each move makes the next week harder to read."""
    return "b"


@week_below.mistake(
    "NOISE_AS_SIGNAL", repair="If the limits were narrower, how often would they ring for nothing?"
)
def _():
    """You set the limits by the week that you wanted to catch. Limits drawn after the fact find whatever is looked for."""
    return "c"


week_below.hints(
    "What were the limits agreed for?",
    "A week inside them is what chance alone does.",
    "M10: few weeks lie outside, and those have a cause.",
)


# ---------------------------------------------------------------- the bar, the split


@exercise(
    "S04.1",
    title="The vendor's model against the bar",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R207"],
    bounds=(None, 1),
    section="Good compared with what?",
    selfcheck={
        "grain": GRAIN,
        "numerator and denominator": "1 - mean absolute error of the vendor / mean absolute error of the bar",
        "window": "origins from 30 December 2024, eight weeks ahead, weeks with an actual",
        "bar": "growing_naive, at the same origins",
    },
)
def vendor_skill(orders):
    """Below zero: whoever multiplies last year's weeks by the growth of the last two months is nearer, and needs no vendor."""
    return forecast.skill(vendor_runs(orders), bar_runs(orders))


@vendor_skill.mistake("NO_BASELINE", repair="How near does somebody come who has no model at all?")
def _(orders):
    """You reported how right the model is, with nothing beside it. A share of right sounds good whatever it is, until the cheapest
    method stands next to it."""
    runs, bar = vendor_runs(orders), bar_runs(orders)
    return wrong(
        1 - forecast.wape(runs["actual"], runs["forecast"]),
        shows={
            "share of right of the vendor": percent(1 - forecast.wape(runs["actual"], runs["forecast"]), 0),
            "of the bar": percent(1 - forecast.wape(bar["actual"], bar["forecast"]), 0),
        },
        cost=f"Each week of the plan would be off by {yuan(error_a_week(runs) - error_a_week(bar))} more than with a copy of last year that has grown.",
    )  # fmt: skip


@vendor_skill.mistake("IN_SAMPLE", repair="Had the model seen these weeks when it was fitted?")
def _(orders):
    """You took the fit on the past for the forecast of the future. The model had seen every week that it was praised for."""
    series, runs = sales(orders), vendor_runs(orders)
    log, fitted = np.log(series.to_numpy()), np.log(vendor(series, series.index))
    inside = np.abs(series.to_numpy() - np.exp(fitted))[-52:].mean()
    return wrong(
        1 - np.sum((log - fitted) ** 2) / np.sum((log - log.mean()) ** 2),
        shows={"error on weeks it was fitted to (2025)": yuan(inside), "error on weeks it had to foretell (2025)": yuan(error_a_week(runs))},
        cost=f"Stock planned to the first error is short or idle by another {yuan(error_a_week(runs) - inside)} a week.",
    )  # fmt: skip


@vendor_skill.slip("bar")
def _(orders):
    """You compared with last year's weeks as they were. The brand grows, so that bar lies on the floor; the question names the other."""
    return forecast.skill(
        vendor_runs(orders), forecast.rolling_origin(sales(orders), forecast.seasonal_naive, YEAR)
    )


@vendor_skill.slip("numerator and denominator")
def _(orders):
    """You gave the ratio of the two errors. Skill is what the ratio leaves of one: how much of the bar's
    error is saved."""
    return error_a_week(vendor_runs(orders)) / error_a_week(bar_runs(orders))


vendor_skill.hints(
    "Which two errors does skill set side by side?",
    "Make both backtests with rolling_origin from 30 December 2024, one with vendor, one with growing_naive.",
    'skill(rolling_origin(sales, vendor, "2024-12-30"), rolling_origin(sales, growing_naive, "2024-12-30")).',
)


@exercise(
    "S04.2",
    title="The vendor's error on weeks that it had to foretell",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R207"],
    bounds=(0, None),
    section="Which weeks may judge",
    selfcheck={
        "grain": GRAIN,
        "numerator and denominator": "sum of absolute errors over sum of sales",
        "window": "all origins of the backtest that begins on 30 December 2024",
        "filter": "weeks with an actual",
    },
)
def vendor_error(orders):
    """Each forecast was made with what was known on its Monday, and fifty Mondays had their say."""
    runs = vendor_runs(orders)
    return forecast.wape(runs["actual"], runs["forecast"])


@vendor_error.mistake(
    "RANDOM_SPLIT", repair="What did the model know about the week after the one that it was tested on?"
)
def _(orders):
    """You drew the test weeks by lot, so the model filled gaps between weeks it knew. Next quarter has no other side."""
    series = sales(orders)
    fold = np.random.default_rng(0).permutation(len(series)) % 5
    filled = pd.Series(0.0, series.index)
    for one in range(5):
        filled[fold == one] = vendor(series[fold != one], series.index[fold == one])
    told, runs = forecast.wape(series[YEAR:], filled[YEAR:]), vendor_runs(orders)
    return wrong(
        told,
        shows={"test weeks with a later week in the training": percent((fold[:-1] != fold[-1]).mean(), 0), "error promised by the lot": percent(told, 0)},
        cost=f"The promise is missed by {yuan(error_a_week(runs) - told * series[YEAR:].mean())} in an ordinary week.",
    )  # fmt: skip


@vendor_error.mistake("ONE_SPLIT", repair="What was special about the weeks after this one Monday?")
def _(orders):
    """You judged at one Monday. One split is one draw: at another Monday the same model gets another mark."""
    runs = vendor_runs(orders)
    marks = (
        runs.dropna(subset="actual")
        .groupby("origin")
        .apply(lambda r: forecast.wape(r["actual"], r["forecast"]))
    )
    whole = marks[: pd.Timestamp(NEXT) - 8 * forecast.WEEK]
    return wrong(
        marks[pd.Timestamp(YEAR)],
        shows={"best mark of one Monday": percent(whole.min(), 0), "worst mark": percent(whole.max(), 0)},
    )


@vendor_error.slip("window")
def _(orders):
    """You fitted the model to all weeks and measured it on those of 2025. It had seen every one of them."""
    series = sales(orders)
    return forecast.wape(series[YEAR:], vendor(series, series.index)[series.index >= YEAR])


vendor_error.hints(
    "On which weeks is a forecast tested that knows only its past?",
    "Take all rows of the vendor's backtest, not those of one origin.",
    'wape(runs["actual"], runs["forecast"]) with runs = rolling_origin(sales, vendor, "2024-12-30").',
)


# ---------------------------------------------------------------- what is known on the day


@per_world
def leaked(orders, calendar, traffic_daily):
    """(error in the backtest with the visits of the same week, error when those visits have to be guessed), yuan a week."""
    series, features = sales(orders), known(calendar)
    visits = forecast.complete_weeks(traffic_daily.groupby("date")["visits"].sum()).reindex(features.index)
    with_visits = features.assign(visits=np.log(visits).fillna(0) / 3)

    def in_use(history, weeks):
        guessed = with_visits.copy()
        guessed.loc[weeks, "visits"] = with_visits.loc[history.index[-4:], "visits"].mean()
        return forecast.regression(history, weeks, guessed, ridge=0.001)

    told = forecast.rolling_origin(
        series, lambda h, w: forecast.regression(h, w, with_visits, ridge=0.001), YEAR, every=2
    )
    return error_a_week(told), error_a_week(forecast.rolling_origin(series, in_use, YEAR, every=2))


KNOWN = {"promo_peak", "cny_offset", "week_of_year", "sales_52_weeks_before"}


@exercise(
    "S04.3",
    title="What is known on Monday for a week eight weeks ahead",
    kind="set",
    minutes=(3, 5),
    practises=["R207", "R046"],
    section="What is known on Monday",
    selfcheck={
        "window": "a forecast of eight weeks ahead, made on a Monday",
        "filter": "columns whose value for that week stands in a book on that Monday",
    },
)
def known_on_monday():
    """The calendar and the past are known. Whatever the week itself brings has to be forecast first, and that error counts."""
    return set(KNOWN)


@known_on_monday.mistake("FUTURE_LEAK", repair="Who tells you on Monday how many will visit in eight weeks?")
def _(orders, calendar, traffic_daily):
    """You used what happens in the week itself. It explains the week afterwards; on the day of the forecast nobody has it."""
    told, used = leaked(orders, calendar, traffic_daily)
    return wrong(
        KNOWN | {"visits_same_week", "media_spent_same_week", "ad_clicks_same_week"},
        shows={
            "error with the week's own visits": yuan(told),
            "error when the visits must be guessed": yuan(used),
        },
        cost=f"The backtest promises an error of {yuan(told)} a week; in use it is {yuan(used)}, and the stock was planned to the first.",
    )


@known_on_monday.mistake(
    "HORIZON_MISMATCH", repair="Of which week is the index that you would need, and when is it published?"
)
def _():
    """You used an index of two weeks before. For the next two weeks it is known; for a week eight weeks ahead it lies six weeks
    in the future."""
    return wrong(KNOWN | {"cart_index_2_weeks_before"}, shows={"weeks ahead": "8", "weeks of lead": "2"})


@known_on_monday.slip("filter")
def _():
    """You took the media money of that week for known. A plan of it may be; what is spent is booked when the
    week is over."""
    return KNOWN | {"media_spent_same_week"}


known_on_monday.hints(
    "Which of these could you write down today for a week in two months?",
    "A calendar reaches ahead, and last year is over. What about the others?",
    "Four of the eight: two of the calendar, one of the year, one of the past.",
)


# ---------------------------------------------------------------- feasts that move, promotions that stay


def months_only(features):
    """The calendar without New Year's day, with a step for January and one for February instead."""
    month = features.index.month
    moving = [name for name in features if name.startswith("New Year")]
    return features.drop(columns=moving).assign(january=(month == 1) * 1.0, february=(month == 2) * 1.0)


@exercise(
    "S04.4",
    title="Two weeks around New Year's day 2025",
    kind="number",
    unit="CNY",
    minutes=(5, 8),
    practises=["R024"],
    bounds=(0, None),
    tolerance=0.002,  # with the week of 30 December in the history the sum comes within 0.4 %
    section="A feast that moves",
    selfcheck={
        "method": "regression(history, weeks, features), made once for all eight weeks",
        "grain": GRAIN,
        "window": "forecast of 30 December 2024; the weeks of 20 and 27 January 2025, added up",
        "filter": "history before 30 December 2024 only",
    },
)
def new_year_weeks(orders, calendar):
    """The dip is tied to New Year's day and not to a month, so it stands where the calendar of 2025 puts it."""
    made = forecast.regression(before(orders, YEAR), ahead(YEAR), known(calendar))
    return made["2025-01-20":"2025-01-27"].sum()


@new_year_weeks.mistake(
    "HOLIDAY_FIXED_MONTH", repair="In which month did the quiet days of 2024 lie, and in which those of 2025?"
)
def _(orders, calendar):
    """You gave January and February a step each. The feast moved by twelve days, and the steps stayed where it had been."""
    made = forecast.regression(before(orders, YEAR), ahead(YEAR), months_only(known(calendar)))
    value, came = made["2025-01-20":"2025-01-27"].sum(), sales(orders)["2025-01-20":"2025-01-27"].sum()
    return wrong(
        value,
        shows={
            "days from New Year's day, 2 February 2024": "-8",
            "days from New Year's day, 2 February 2025": "4",
        },
        cost=f"Goods for {yuan(value - came)} of sales that did not come would have waited in the warehouse over the feast.",
    )


@new_year_weeks.mistake(
    "PROMO_BASE", repair="Which promotion ran in these weeks of 2024, and did it run in 2025?"
)
def _(orders):
    """You grew the same weeks of last year. In 2024 they held the main days of the New Year promotion, in 2025 the feast itself."""
    value = forecast.growing_naive(before(orders, YEAR), ahead(YEAR))["2025-01-20":"2025-01-27"].sum()
    series = sales(orders)
    return wrong(
        value,
        shows={"week of 22 January 2024 (promotion)": yuan(series["2024-01-22"]), "week of 5 February 2024 (feast)": yuan(series["2024-02-05"])},
        cost=f"{yuan(value - series['2025-01-20':'2025-01-27'].sum())} of sales were promised that had no reason to come.",
    )  # fmt: skip


new_year_weeks.hints(
    "Which columns of features say where the feast lies in 2025?",
    "Fit the regression on the weeks before 30 December 2024, forecast eight weeks, add up two of them.",
    'regression(sales[:"2024-12-23"], pd.date_range("2024-12-30", periods=8, freq="7D"), features)["2025-01-20":"2025-01-27"].sum().',
)


@exercise(
    "S04.5",
    title="Double 11 of 2025, foretold on 6 October",
    kind="number",
    unit="CNY",
    minutes=(5, 8),
    practises=["R167"],
    bounds=(0, None),
    section="Outliers that come every year",
    selfcheck={
        "grain": GRAIN,
        "window": "forecast of 6 October 2025; the weeks of 3 and 10 November 2025, added up",
        "method": "regression(history, weeks, features), made once for all eight weeks",
        "filter": "all weeks before 6 October 2025, those of promotions among them",
    },
)
def double_11_weeks(orders, calendar):
    """Two Double 11s are in the history, each with its main days named, and the calendar says where the third one lies."""
    made = forecast.regression(before(orders, "2025-10-06"), ahead("2025-10-06"), known(calendar))
    return made["2025-11-03":"2025-11-10"].sum()


@double_11_weeks.mistake("PROMO_DROP", repair="Will there be a Double 11 in the weeks that you forecast?")
def _(orders, calendar):
    """In your forecast Double 11 is missing: deleted as an outlier, or never told to the model. An outlier is
    what will not come again; this one has a date."""
    features, history = known(calendar), before(orders, "2025-10-06")
    quiet = history[features.loc[history.index, "Double 11 peak"] == 0]
    made = forecast.regression(quiet, ahead("2025-10-06"), features.drop(columns=DOUBLE_11))
    value, came = made["2025-11-03":"2025-11-10"].sum(), sales(orders)["2025-11-03":"2025-11-10"].sum()
    return wrong(
        value,
        shows={
            "weeks with main days of Double 11 so far": count(len(history) - len(quiet)),
            "their sales": yuan(history.sum() - quiet.sum()),
        },
        cost=f"Goods for {yuan(came - value)} would have been missing in the two largest weeks of the year.",
    )


@double_11_weeks.mistake(
    "HIST_AS_FUTURE", repair="What made the eight weeks before October larger than a year before?"
)
def _(orders):
    """You copied last year and let it grow as the last eight weeks had. A campaign that ended ran in most of them."""
    value = forecast.growing_naive(before(orders, "2025-10-06"), ahead("2025-10-06"))[
        "2025-11-03":"2025-11-10"
    ].sum()
    series = sales(orders)
    return wrong(
        value,
        shows={"a week of September 2025": yuan(series["2025-09"].mean()), "a week of October 2025": yuan(series["2025-10-06":"2025-10-20"].mean())},
        cost=f"Goods for {yuan(value - series['2025-11-03':'2025-11-10'].sum())} would have been left over after the promotion.",
    )  # fmt: skip


@double_11_weeks.slip("filter")
def _(orders, calendar):
    """You fitted the model to all weeks that the file holds, the autumn of 2025 among them. On 6 October
    nobody had lived them."""
    return forecast.regression(sales(orders), ahead("2025-11-03", 2), known(calendar)).sum()


double_11_weeks.hints(
    "Should the model see the promotions of 2023 and 2024?",
    "Fit the regression with all features on the weeks before 6 October 2025 and forecast eight weeks.",
    'regression(sales[:"2025-09-29"], pd.date_range("2025-10-06", periods=8, freq="7D"), features), two weeks of it.',
)


# ---------------------------------------------------------------- errors of small things


@per_world
def units(orders, order_items):
    """Pieces of the small product sold on each day of 2025."""
    items = order_items[order_items["sku"] == SMALL]
    paid = orders.loc[orders["status"] == "paid", ["order_id", "ordered_at"]]
    day = items.merge(paid, on="order_id")
    by_day = day.groupby(day["ordered_at"].dt.normalize())["quantity"].sum()
    return by_day.reindex(pd.date_range("2025-01-01", "2025-12-31"), fill_value=0).astype(float)


def judged(orders, order_items):
    """(actual, mean of the 28 days before) from February on."""
    pieces = units(orders, order_items)
    return pieces["2025-02-01":], pieces.rolling(28).mean().shift(1)["2025-02-01":]


@exercise(
    "S04.6",
    title="The error of a forecast for a small product",
    kind="number",
    unit="fraction",
    minutes=(4, 6),
    practises=["R207"],
    bounds=(0, None),
    section="Days with nothing",
    selfcheck={
        "grain": "one row is a day: pieces of HY-B06 in paid orders, a day without any is 0",
        "numerator and denominator": "sum of absolute errors over sum of pieces",
        "window": "1 February to 31 December 2025",
    },
)
def small_error(orders, order_items):
    """Errors and pieces are added up first and divided once, so a day with nothing counts as it should."""
    return forecast.wape(*judged(orders, order_items))


@small_error.mistake("MAPE_ZERO", repair="Which days did you leave out, and which forecast likes that?")
def _(orders, order_items, products):
    """You averaged percentages of days. Days with nothing drop out and days with one piece weigh most, so whoever always says
    "one" wins."""
    actual, made = judged(orders, order_items)
    sold = actual > 0
    price = products.set_index("sku").loc[SMALL, "list_price"]
    missing = (actual - 1).clip(lower=0).sum()
    return wrong(
        ((actual - made).abs() / actual)[sold].mean(),
        shows={"by this measure, who always says one": percent(((actual - 1).abs() / actual)[sold].mean(), 0), "pieces that one a day misses": count(missing)},
        cost=f"Stocking what wins by this measure leaves {yuan(missing * price)} of wanted goods unsold in eleven months.",
    )  # fmt: skip


@small_error.mistake("AGG_HIDES", repair="Can a day with too few make up for a day with too many?")
def _(orders, order_items):
    """You added up the pieces and compared the sums. Too many on Monday and too few on Tuesday cancel in a sum and not in a shop."""
    actual, made = judged(orders, order_items)
    return wrong(
        abs(made.sum() - actual.sum()) / actual.sum(),
        shows={"days too high": count((made > actual).sum()), "days too low": count((made < actual).sum())},
    )


@small_error.slip("grain")
def _(orders, order_items):
    """You left out the days on which nothing was sold. Pieces that were expected on such a day are an error,
    too."""
    actual, made = judged(orders, order_items)
    return forecast.wape(actual[actual > 0], made[actual > 0])


small_error.hints(
    "What happens to a percentage on a day without sales?",
    "Add up the absolute errors of all days, add up the pieces, divide once.",
    '(pieces - made).abs().sum() / pieces.sum(), from "2025-02-01" on.',
)


# ---------------------------------------------------------------- ranges


@prediction(
    "S04.a",
    title="Share of weeks inside the vendor's range of 80 %",
    unit="fraction",
    practises=["R024"],
    bounds=(0, 1),
    section="A number without a range",
)
def guess_coverage(orders):
    """The vendor's range is as wide as the errors on weeks that it was fitted to. Weeks to come are not like them."""
    history, runs = before(orders, YEAR), vendor_runs(orders)
    width = 1.2816 * np.log(history / vendor(history, history.index)).std()
    inside = np.abs(np.log(runs["actual"] / runs["forecast"]))[runs["actual"].notna()] <= width
    return float(inside.mean())


@exercise(
    "S04.7",
    title="A range for the first eight weeks of 2026",
    kind="table",
    unit="CNY",
    minutes=(5, 8),
    practises=["R024"],
    section="The range of a sum",
    selfcheck={
        "grain": "the total of eight weeks from 29 December 2025",
        "window": "errors of earlier origins whose eight weeks were over",
        "numerator and denominator": "the tenth and the ninetieth percentile of the totals of paths",
    },
)
def range_of_total(orders, calendar):
    """Errors of one origin belong together, so each path is added up first and the quantiles are taken of the totals."""
    total = forecast.paths(model_runs(orders, calendar), NEXT).sum(axis=1)
    return dict(zip(["lower", "upper"], total.quantile([0.1, 0.9]).tolist(), strict=True))


@range_of_total.mistake("INTERVAL_SUM", repair="How often will all eight weeks be at their upper bound?")
def _(orders, calendar):
    """You added up the bounds. Each week has a bad one in ten; that all eight are bad at once is rarer than that."""
    made = forecast.bands(model_runs(orders, calendar))
    now = made[made["origin"] == NEXT]
    futures = forecast.paths(model_runs(orders, calendar), NEXT).sum(axis=1)
    upper, point = now["upper"].sum(), now["forecast"].sum()
    return wrong(
        {"lower": now["lower"].sum(), "upper": upper},
        shows={
            "width of the eight ranges, added up": yuan((now["upper"] - now["lower"]).sum()),
            "the forecast": yuan(point),
        },
        cost=(
            f"Stock for {yuan(upper - point)} above the forecast would be bought; "
            f"{percent((futures > upper).mean(), 0)} of the paths ask for more than that."
        ),
    )  # fmt: skip


@range_of_total.mistake("POINT_ONLY", repair="In how many of ten futures is a single number enough?")
def _(orders, calendar):
    """You gave the forecast twice. In many futures sales are above it, and the shelf is empty; in the others
    goods are left over."""
    futures = forecast.paths(model_runs(orders, calendar), NEXT).sum(axis=1)
    runs = model_runs(orders, calendar)
    point = runs.loc[runs["origin"] == NEXT, "forecast"].sum()
    return wrong(
        {"lower": point, "upper": point},
        shows={"share of paths above the forecast": percent((futures > point).mean(), 0)},
        cost=f"On average over the paths, {yuan((futures - point).clip(lower=0).mean())} of sales would find no goods.",
    )


@range_of_total.slip("grain")
def _(orders, calendar):
    """You drew each week by itself. Luck cancels between weeks that know nothing of each other; these do."""
    futures = forecast.paths(model_runs(orders, calendar), NEXT)
    middle, spread = futures.mean().sum(), 1.2816 * np.sqrt(futures.var().sum())
    return {"lower": middle - spread, "upper": middle + spread}


range_of_total.hints(
    "Of which quantity do you want the range: of a week, or of the total?",
    "Add up each path over its eight weeks, then take two quantiles.",
    'paths(model_runs, "2025-12-29").sum(axis=1).quantile([0.1, 0.9]).',
)


# ---------------------------------------------------------------- acting early


@prediction(
    "S04.b",
    title="Category searches of February 2025 over February 2024",
    unit="fraction",
    practises=["R033"],
    bounds=(-1, None),
    section="Trend or season",
)
def guess_february(market_index):
    """A month compares whatever the feast put into it. The same four weeks after New Year's day, or whole years, compare like with like."""
    searches = market_index.set_index("week_start")["category_searches"]
    return searches["2025-02-03":"2025-02-24"].sum() / searches["2024-02-05":"2024-02-26"].sum() - 1


def index_of(market_index, name):
    return market_index.set_index("week_start")[name]


@exercise(
    "S04.8",
    title="The index that moves before sales do",
    kind="table",
    unit={"index": "text", "weeks": "count", "correlation": "times"},
    minutes=(5, 8),
    practises=["R046", "R033"],
    section="Signals that come early",
    selfcheck={
        "grain": "one row is a week; changes of logs from week to week",
        "window": "weeks of lead from 1 to 4",
        "filter": "the four columns of market_index",
    },
)
def early_index(orders, market_index):
    """Its changes come two weeks before those of sales; it tells what will happen, and not only that everything grows."""
    found = forecast.leads(sales(orders), index_of(market_index, "cart_index"))
    return {"index": "cart_index", "weeks": int(found.idxmax()), "correlation": found.max()}


@early_index.mistake(
    "SPURIOUS_TREND", repair="What do any two things have in common that grow for three years?"
)
def _(orders, market_index):
    """You compared levels. Pet food grows and so do we; from week to week the one says nothing about the other."""
    series, other = sales(orders), index_of(market_index, "pet_food_searches")
    levels = np.log(series).corr(np.log(other))
    changes = forecast.leads(series, other)
    return wrong(
        {"index": "pet_food_searches", "weeks": 0, "correlation": levels},
        shows={"correlation of levels": f"{levels:.2f}", "of changes, same week": f"{changes[0]:.2f}", "of changes, two weeks later": f"{changes[2]:.2f}"},
    )  # fmt: skip


@early_index.mistake(
    "FUTURE_LEAK", repair="On which day do you learn the searches of a week, and on which day its sales?"
)
def _(orders, market_index):
    """You took the index that moves in the same week. When it is published the sales of that week are in the till."""
    changes = forecast.leads(sales(orders), index_of(market_index, "category_searches"))
    return wrong(
        {"index": "category_searches", "weeks": 0, "correlation": changes[0]},
        shows={"one week ahead": f"{changes[1]:.2f}", "two weeks ahead": f"{changes[2]:.2f}"},
    )


early_index.hints(
    "Does the index move before sales, or with them, or only grow as they do?",
    "Run leads() for the four columns and look at leads of one week and more.",
    'leads(sales, market["cart_index"]), its idxmax() and max(); compare with the other three.',
)


# ---------------------------------------------------------------- mixed, memo


@per_world
def without_618(orders, calendar):
    """Actual sales minus the forecast of 26 May 2025 for weeks without a 618, by week."""
    features = known(calendar).copy()
    features.loc["2025-06-02":"2025-07-14", PROMOTION_618] = 0
    made = forecast.regression(before(orders, "2025-05-26"), ahead("2025-05-26"), features)
    return sales(orders).reindex(made.index) - made


@exercise(
    "S04.9",
    title="What the 618 of 2025 added",
    kind="number",
    unit="CNY",
    minutes=(8, 12),
    points=2,
    practises=["R167"],
    section="Mixed case: was the 618 worth it?",
    selfcheck={
        "grain": GRAIN,
        "window": "five weeks from 2 June to 6 July 2025: the promotion and the two weeks after it",
        "baseline": "the forecast of 26 May 2025 for the same weeks, had there been no 618",
        "filter": "sales are all paid orders of all stores",
    },
)
def added_618(orders, calendar):
    """What came, minus what would have come, over the promotion and the weeks in which cupboards were full."""
    return without_618(orders, calendar)["2025-06-02":"2025-06-30"].sum()


@added_618.mistake("PULL_FORWARD", repair="What did the customers of June not buy in the two weeks after it?")
def _(orders, calendar):
    """You stopped counting when the promotion stopped. Part of what it sold was bought early and is missing afterwards."""
    extra = without_618(orders, calendar)
    during, after = extra["2025-06-02":"2025-06-16"].sum(), extra["2025-06-23":"2025-06-30"].sum()
    return wrong(
        during,
        shows={"weeks counted": "3", "weeks in which cupboards are full": "2"},
        cost=(
            f"Of each {yuan(1000)} of a bonus on this figure, {yuan(10 * round(-100 * after / during))} "
            "would be paid for sales that only changed their week."
        ),
    )


@added_618.mistake("PROMO_BASE", repair="Which feast of children lies in the last week of May?")
def _(orders):
    """You compared with the week before. It held Children's Day and its own promotion, so an ordinary week looks like a loss."""
    series = sales(orders)
    weeks = series["2025-06-02":"2025-06-30"]
    return wrong(
        (weeks - series["2025-05-26"]).sum(),
        shows={"week of 26 May": yuan(series["2025-05-26"]), "week of 19 May": yuan(series["2025-05-19"])},
        cost=f"The next 618 would be cancelled over {yuan(series['2025-05-26'] * 5 - weeks.sum())} of sales that were never lost.",
    )


@added_618.slip("baseline")
def _(orders, calendar):
    """You compared with a forecast that knows of the 618. What came beyond it is surprise, not what the
    promotion added."""
    made = forecast.regression(before(orders, "2025-05-26"), ahead("2025-05-26"), known(calendar))
    return (sales(orders).reindex(made.index) - made)["2025-06-02":"2025-06-30"].sum()


@added_618.slip("baseline")
def _(orders, calendar):
    """You let the week of 26 May into the history. On that Monday it had not been lived, and what it sold
    moves the baseline."""
    features = known(calendar).copy()
    features.loc["2025-06-02":"2025-07-14", PROMOTION_618] = 0
    made = forecast.regression(before(orders, "2025-06-02"), ahead("2025-06-02"), features)
    return (sales(orders).reindex(made.index) - made)["2025-06-02":"2025-06-30"].sum()


@added_618.slip("baseline")
def _(orders, calendar):
    """You took 618 out of the model altogether. Then those of 2023 and 2024 count as ordinary weeks of its
    history; only this year's should be missing."""
    features = known(calendar).drop(columns=PROMOTION_618)
    made = forecast.regression(before(orders, "2025-05-26"), ahead("2025-05-26"), features)
    return (sales(orders).reindex(made.index) - made)["2025-06-02":"2025-06-30"].sum()


added_618.hints(
    "What would these five weeks have sold without the promotion?",
    "Set the three columns of 618 to 0 in a copy of the features from 2 June on, forecast from 26 May, and subtract.",
    'without.loc["2025-06-02":"2025-07-14", ["618 peak", "618 days", "after 618"]] = 0, then sales minus regression(...), five weeks.',
)


@exercise(
    "S04.10",
    title="Memo: the first eight weeks of 2026",
    kind="memo",
    unit="CNY",
    minutes=(6, 9),
    points=2,
    practises=["R024", "R225"],
    section="The memo",
    selfcheck={
        "line 1": "median of the totals of paths, eight weeks from 29 December 2025, divided by eight",
        "line 2": "a number of its own: the range, the skill, or how often ranges held",
        "line 3": "the ask, with a trigger: who does what when sales leave the range",
    },
)
def forecast_memo(orders, calendar):
    """Director Shen has a number, how far it may be off, and what happens when it is."""
    return forecast.paths(model_runs(orders, calendar), NEXT).sum(axis=1).median() / 8


@forecast_memo.mistake(
    "HIST_AS_FUTURE", repair="How much did the brand grow in a year, and which change of September stays?"
)
def _(orders, calendar):
    """Your first line is last year's eight weeks. The brand has grown since, and the new checkout stays."""
    value = forecast.seasonal_naive(sales(orders), ahead(NEXT)).sum()
    last, year_earlier = sales(orders).iloc[-8:].sum(), sales(orders).iloc[-60:-52].sum()
    return wrong(
        value / 8,
        shows={"last eight weeks": yuan(last), "the same eight weeks a year earlier": yuan(year_earlier)},
        cost=(
            "An order like last year's would have left the last eight weeks short of goods for "
            f"{yuan(last - year_earlier)}."
        ),
    )  # fmt: skip


@forecast_memo.mistake(
    "NO_ACTION", repair="Who does what on which day, if two weeks in a row leave the range?"
)
def _():
    """Your third line asks for nothing. A forecast without a decision is weather."""
    return None


forecast_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1 is the middle of the paths' totals, a week; line 2 can be their tenth and ninetieth percentile.",
    "Line 3 begins with a verb and holds the trigger: two weeks in a row outside the range.",
)
