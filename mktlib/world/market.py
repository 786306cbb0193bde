"""The market around Heyu: survey, interviews, rivals by week, indices that lead and indices that only seem to."""

from functools import cache

import numpy as np
import pandas as pd

from . import clock, rival, search, survey

# Rivals: (searches at the start over Heyu's, growth a year beside the market, price index, voice per search, own promotions a year)
RIVALS = {"Heyu": (1.0, 0.0, 100, 0.95, 0), "Qingcheng": (1.02, -0.01, 112, 1.15, 9), "Youyou Bear": (0.62, 0.0, 96, 0.95, 12),
          "Xiaomaiya": (0.33, 0.01, 82, 0.7, 15), "Beiduo": (0.27, 0.02, 118, 0.8, 6)}  # fmt: skip
ENTRANT = "Xu'an"
ENTRANT_SIZE, ENTRANT_RAMP = 0.75, 3.0  # searches over Heyu's once known; weeks to two thirds of it
ENTRANT_PRICE, ENTRANT_OPENING, ENTRANT_VOICE = (
    104,
    78,
    1.9,
)  # price index later and in its first 16 weeks; voice per search
OTHERS_AFTER = 0.97  # searches of the other rivals after the entry, over before
SEARCHES = 5_200  # Heyu's search index in a week of mid-2024
REPOSTS = {
    "Heyu": 0.22,
    "Qingcheng": 0.5,
    "Youyou Bear": 0.34,
    "Xiaomaiya": 0.18,
    "Beiduo": 0.25,
    "Xu'an": 1.15,
}  # a mention
LEAD_WEEKS = 2  # the cart index tells the market's demand so many weeks ahead
PET_FOOD_GROWTH = 0.245  # a year: nothing to do with babies, only with time


@cache
def weeks():
    """Mondays of the complete weeks that are known."""
    days = pd.date_range(clock.START, clock.KNOWN, freq="W-MON")
    return days[days <= pd.Timestamp(clock.KNOWN) - pd.Timedelta(days=6)]


def by_week(daily, ahead=0):
    """Mean of a daily series over each of `weeks()`, moved `ahead` weeks into the future; shape (weeks,)."""
    first = (weeks()[0] - clock.DAYS[0]).days + 7 * ahead
    rows = first + 7 * np.arange(len(weeks()))[:, None] + np.arange(7)
    return daily[np.minimum(rows, len(daily) - 1)].mean(axis=1)


def wander(rng, size, spread, keep=0.7):
    """Log luck that is remembered: an AR(1) with standard deviation `spread`; shape (size,)."""
    shocks = rng.normal(0, spread * np.sqrt(1 - keep**2), size)
    level = np.empty(size)
    level[0] = rng.normal(0, spread)
    for t in range(1, size):
        level[t] = keep * level[t - 1] + shocks[t]
    return level


def promotions(rng, size, a_year):
    """Depth of a brand's own promotion by week, 0 without one; everybody joins the market's promotions."""
    promo, peak, _ = clock.promo_windows()
    common = np.where(
        by_week(peak.astype(float)) > 0, 0.25, np.where(by_week((promo != "").astype(float)) > 0.5, 0.12, 0.0)
    )
    own = np.where(rng.random(size) < a_year / 52, rng.choice([0.1, 0.15, 0.2], size), 0.0)
    return np.maximum(common, own)


def brand_weeks(rng, name, market):
    """One brand's weeks: searches (before rounding), depth of promotion, price index, mentions with and without reposts."""
    size = len(market)
    years = np.arange(size) / 52 - 1.5
    entered = weeks() >= pd.Timestamp(rival.RIVAL_DAY)
    after = (weeks() - pd.Timestamp(rival.RIVAL_DAY)).days.to_numpy() / 7
    known = np.where(entered, 1 - np.exp(-(after + 1) / ENTRANT_RAMP), 0.0)
    if name == ENTRANT:
        base, price, voice, own = ENTRANT_SIZE * known, ENTRANT_PRICE, ENTRANT_VOICE, 10
        price = np.where(after < 16, ENTRANT_OPENING, price) + 0.0 * years
    else:
        start, growth, price, voice, own = RIVALS[name]
        lost = search.RIVAL_BRAND if name == "Heyu" else OTHERS_AFTER
        base, price = start * np.exp(growth * years) * (1 - (1 - lost) * known), price + 0.0 * years
    depth = promotions(rng, size, own)
    searches = (
        SEARCHES
        * base
        * market
        * (1 + 0.7 * np.where(name == "Heyu", 0, depth))
        * np.exp(wander(rng, size, 0.045))
    )
    unique = rng.poisson(searches * 0.11 * voice * np.exp(wander(rng, size, 0.16, 0.5)))
    reposts = REPOSTS[name] * unique * np.exp(rng.normal(0, 0.35, size))
    return pd.DataFrame({
        "week_start": weeks(), "brand": name, "searches": searches,
        "price_index": np.round(price * (1 - depth) * np.exp(wander(rng, size, 0.012)), 1),
        "promo_depth": depth, "mentions_unique": unique, "mentions": unique + np.round(reposts).astype(np.int64),
    })[entered if name == ENTRANT else slice(None)]  # fmt: skip


def competitors(life):
    """Heyu and five rivals by week."""
    rng = life.streams("competitors")
    market = by_week(life.shop.market.demand**1.15)
    frame = pd.concat([brand_weeks(rng, name, market) for name in survey.BRANDS], ignore_index=True)
    frame["search_index"] = np.round(frame["searches"]).astype(np.int64)
    frame["brand_zh"] = frame["brand"].map(dict(zip(survey.BRANDS, survey.BRAND_ZH, strict=True)))
    return frame.sort_values(["week_start", "brand"], kind="stable", ignore_index=True)


def indices(life):
    """Weekly indices of the market: one leads it, one goes with it, two have nothing to say."""
    rng, demand = life.streams("market indices"), life.shop.market.demand
    size = len(weeks())
    years = np.arange(size) / 52
    season = np.cos(2 * np.pi * (weeks().day_of_year.to_numpy() - 75) / 365.25)
    return pd.DataFrame({
        "week_start": weeks(),
        "category_searches": 41_000 * by_week(demand**0.75) * np.exp(wander(rng, size, 0.03)),
        "cart_index": 100 * by_week(demand, LEAD_WEEKS) ** 0.8 * np.exp(wander(rng, size, 0.05, 0.3)),
        "pet_food_searches": 18_500 * np.exp(PET_FOOD_GROWTH * years + wander(rng, size, 0.035, 0.3)),
        "birth_wishes_index": 100 * np.exp(0.03 * years + 0.06 * season + wander(rng, size, 0.06, 0.6)),
    }).round({"category_searches": 0, "cart_index": 1, "pet_food_searches": 0, "birth_wishes_index": 1})  # fmt: skip


def tables(life):
    """survey, brand_ratings, survey_population, segment_targets, interviews, competitors, market_index: once a brand."""
    if life.streams.part:
        return {}
    people, known = survey.population(life.streams("survey population"))
    chosen = survey.panel(life.streams("survey panel"), people)
    who = people.iloc[chosen].reset_index(drop=True)
    return {
        "survey": survey.respondents(life.streams("survey answers"), who),
        "brand_ratings": survey.ratings(life.streams("survey ratings"), who, known[chosen]),
        "survey_population": survey.margins(people),
        "segment_targets": survey.targets(people),
        "survey_people": people,
        "interviews": survey.talks(),
        "competitors": competitors(life),
        "market_index": indices(life),
    }


def hidden(life):
    """The segment of every respondent."""
    if life.streams.part:
        return {}
    return {"survey": life.tables["survey"][["respondent_id", "segment"]]}


def weights(answers, population):
    """How many thousand households each respondent stands for: cells of app use, tier and child; shape (respondents,)."""
    cells = ["app_user", "city_tier", "parity"]
    count = answers.groupby(cells).size().rename("answers").reset_index()
    both = answers[cells].merge(population.merge(count, on=cells), on=cells, how="left")
    return (both["households_thousand"] / both["answers"]).to_numpy()


def share_lost(table, first="2024-08-12", last="2025-08-04"):
    """Heyu's share of search before and after the rival came, half a year each, ramp of eight weeks left out."""
    index = table.pivot(index="week_start", columns="brand", values="search_index")
    share = index["Heyu"] / index.sum(axis=1)
    before = share[(share.index >= first) & (share.index < rival.RIVAL_DAY)].mean()
    return before, share[(share.index >= "2025-04-07") & (share.index <= last)].mean()


def nearest(ratings):
    """Rival nearest to Heyu by mean ratings, on the plane of two main axes and over all attributes; share of the plane."""
    centred = ratings[survey.ATTRIBUTES] - ratings[survey.ATTRIBUTES].mean()
    value, axes = np.linalg.eigh(np.cov(centred.T))
    brands = centred.groupby(ratings["brand"]).mean()
    found = {"share_of_two_axes": value[-2:].sum() / value.sum()}
    for name, places in (("nearest_on_the_plane", brands @ axes[:, -2:]), ("nearest_over_all", brands)):
        far = np.linalg.norm(places - places.loc["Heyu"], axis=1)
        found[name] = str(brands.index[np.argsort(far)[1]])
    return found


def leads(life):
    """Correlation of each index with weekly paid amount: of levels, and of changes by weeks of lead; logs."""
    orders = life.tables["orders"].query("status == 'paid'")
    index = np.log(life.tables["market_index"].set_index("week_start"))
    week = (orders["ordered_at"] - weeks()[0]).dt.days.to_numpy() // 7
    inside = (week >= 0) & (week < len(weeks()))
    sales = np.log(1 + np.bincount(week[inside], orders["amount"].to_numpy()[inside], len(weeks())))
    found = {}
    for name in index.columns:
        one, other = np.diff(index[name]), np.diff(sales)
        changes = [np.corrcoef(one[: len(one) - n], other[n:])[0, 1] for n in range(5)]
        found[name] = {"levels": np.corrcoef(index[name], sales)[0, 1], "changes_by_weeks_of_lead": changes}
    return found


def truth(life):
    """T21 and what the survey, the interviews and the indices really say."""
    t = life.tables
    people, answers = t["survey_people"], t["survey"]
    weight = weights(answers, t["survey_population"])
    likes, fears = (
        (answers["preferred_brand"] == "Heyu").to_numpy(),
        answers["worries_about_additives"].to_numpy(),
    )
    before, after = share_lost(t["competitors"])
    worth = survey.value(t["segment_targets"])
    return {
        "T21": {
            "what": "A rival enters in February 2025: clicks get dearer, Heyu's share of search falls by six points, "
                    "while its searches look no worse than before Chinese New Year.",
            "cause": {"day": rival.RIVAL_DAY, "rival": ENTRANT, "click_price": rival.RIVAL_CPC,
                      "heyu_searches": search.RIVAL_BRAND, "entrant_over_heyu": ENTRANT_SIZE},
            "found": {"share_of_search_before": before, "share_of_search_after": after, "lost": before - after},
        },
        "panel_bias": {
            "what": "The panel holds four times too many app users, who like Heyu; four need segments overlap.",
            "cause": {"app_share_in_panel": answers["app_user"].mean(), "app_share": survey.APP,
                      "appeal_among_app_users": survey.APP_APPEAL, "fear_of_additives_by_segment": survey.FEAR},
            "found": {
                "prefer_heyu": {"population": (people["preferred"] == 0).mean(), "weighted": np.average(likes, weights=weight),
                                "unweighted": likes.mean()},
                "fear_additives": {"population": people["fear"].mean(), "weighted": np.average(fears, weights=weight),
                                   "unweighted": fears.mean(), "interviews": 6 / 8},
                "segment_shares": dict(zip(survey.SEGMENTS, np.bincount(people["segment"]) / len(people), strict=True)),
                "segment_value_thousand_cny": dict(zip(survey.SEGMENTS, worth, strict=True)),
                "best_target": survey.SEGMENTS[int(np.argmax(worth))],
                "largest_segment": survey.SEGMENTS[int(t["segment_targets"]["households_thousand"].argmax())],
            },
        },
        "perceptual_map": {
            "what": "On the plane of two axes Qingcheng is nearest to Heyu; over all attributes Beiduo is.",
            "cause": {"mean_ratings": survey.IMAGE, "halo": survey.HALO, "contrast": survey.CONTRAST},
            "found": nearest(t["brand_ratings"]),
        },
        "leading_indicators": {
            "what": "The cart index leads demand by two weeks; pet food only grows as sales do; birth wishes say nothing.",
            "cause": {"cart_index_leads_by_weeks": LEAD_WEEKS, "pet_food_growth_a_year": PET_FOOD_GROWTH},
            "found": leads(life),
        },
    }  # fmt: skip
