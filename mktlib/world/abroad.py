"""A small shop for Singapore and Malaysia: its Google and Meta ads by day, outside the books of the Chinese shop."""

import numpy as np
import pandas as pd

PERIOD = ("2025-04-01", "2025-06-30")
ROWS = [  # platform, campaign, type, ad group, USD a day, CPC, CTR, interactions per click, conversions per click, value
    ("Google Ads", "SG | Search | Brand", "Search", "heyu baby", 9, 0.42, 0.31, 1.0, 0.085, 46),
    ("Google Ads", "SG | Search | Diapers", "Search", "natural diapers", 24, 1.35, 0.058, 1.0, 0.028, 52),
    ("Google Ads", "SG | Search | Diapers", "Search", "pull up pants", 17, 1.2, 0.049, 1.0, 0.024, 49),
    ("Google Ads", "SG | Search | Diapers", "Search", "baby wipes, fragrance-free", 8, 0.9, 0.051, 1.0, 0.02, 31),
    ("Google Ads", "MY | PMax | All products", "Performance Max", "all products", 32, 0.55, 0.012, 1.9, 0.014, 41),
    ("Google Ads", "SG+MY | Display | Retargeting", "Display", "cart leavers", 7, 0.33, 0.006, 1.4, 0.017, 47),
    ("Meta", "SG | Sales | Broad", "Sales", "Women 25-38", 26, 0.88, 0.011, 1.6, 0.016, 45),
    ("Meta", "SG | Sales | Lookalike", "Sales", "1 % of buyers", 19, 0.95, 0.013, 1.5, 0.021, 47),
    ("Meta", "MY | Leads | Sample pack", "Leads", "Expecting", 12, 0.41, 0.017, 1.7, 0.11, 0),
    ("Meta", "MY | Awareness | Videos", "Awareness", "Parents 25-44", 8, 1.6, 0.002, 3.2, 0.0, 0),
]  # fmt: skip
REMOVED = (
    "SG | Search | Maternity"  # removed in May: hidden from the report's rows, part of its account total
)


def tables(life):
    """overseas_ads_daily."""
    rng = life.streams.common("ads abroad")
    days = pd.date_range(*PERIOD)
    week = np.array([1.0, 0.98, 0.97, 1.0, 1.02, 1.1, 1.12])[days.day_of_week]
    parts = []
    rows = [*ROWS, ("Google Ads", REMOVED, "Search", "maternity pads", 6, 1.1, 0.04, 1.0, 0.01, 38)]
    for platform, campaign, kind, group, budget, cpc, ctr, touched, converts, value in rows:
        clicks = rng.poisson(budget / cpc * week * np.exp(rng.normal(0, 0.18, len(days))))
        clicks = np.where((campaign == REMOVED) & (days >= "2025-05-12"), 0, clicks)
        shown = clicks + rng.poisson(clicks * (1 / ctr - 1))
        many = rng.binomial(clicks, min(converts, 1.0))
        counted = many * np.round(rng.uniform(0.82, 1.0, len(days)), 2) if platform == "Google Ads" else many
        parts.append(pd.DataFrame({
            "date": days, "platform": platform, "campaign": campaign, "campaign_type": kind, "ad_group": group,
            "impressions": shown, "interactions": clicks + rng.poisson(clicks * (touched - 1)), "clicks": clicks,
            "cost_usd": np.round(clicks * cpc * np.exp(rng.normal(0, 0.09, len(days))), 2),
            "conversions": np.round(counted, 2),
            "revenue_usd": np.round(counted * value * np.exp(rng.normal(0, 0.25, len(days))), 2),
        }))  # fmt: skip
    found = pd.concat(parts, ignore_index=True)
    return {"overseas_ads_daily": found[found["impressions"] > 0].reset_index(drop=True)}
