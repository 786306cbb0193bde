"""Growth that users carry: who invited whom, by which mechanic, and what of it were people.

A programme starts with seeds (customers and a few staff) who share a link. Friends accept, get a link of their own and
share it further, until the people within reach have heard of it. In "cut price" some users sign up people who do not
exist: rings of few phones and addresses. Friends who buy are real customers of the shop: those who came by private
domain or directly and whose first order lies after the invitation, more of them if they are loyal. Being invited does
nothing to anybody's orders.
"""

import numpy as np

from . import clock, ugc
from .referrals import (
    AT_AN_ADDRESS,
    CAREFUL,
    DAY,
    LOYAL_FRIENDS,
    MECHANICS,
    ON_A_PHONE,
    PROGRAMMES,
    RELATIVES,
    RING_SHARE,
    newcomers,
    referrals,
    seconds_of,
)  # fmt: skip


def tables(life):
    """referrals, referral_programmes, ugc, product_pages, ugc_test."""
    orders = ugc.bought(life)
    made, started = referrals(life, orders)
    return {"referrals": made, "referral_programmes": started, **ugc.tables(life, orders)}


def hidden(life):
    """Which sign-ups were made up, and by which ring."""
    made = life.tables["referrals"]
    label = made[["invite_id", "ring"]].assign(fraud=made["ring"] > 0)
    return {"referrals": label[made["accepted_at"].notna().to_numpy()], **ugc.hidden(life)}


def truth(life):
    """Answer keys: T15, invitations (K and cycle), mechanics (cost), invited_customers, ugc_pages, ugc_reuse."""
    made = life.tables["referrals"]
    people = newcomers(life, ugc.bought(life))
    signed = made[made["accepted_at"].notna()].assign(bought=made["first_order_id"].notna())
    return {"T15": ring(signed), "invitations": invitations(made, signed, life.tables["referral_programmes"]),
            "mechanics": mechanics(signed, people), "invited_customers": invited(signed, people), **ugc.truth(life)}  # fmt: skip


def shared(signed):
    """True for sign-ups whose phone or address belongs to another sign-up, too; a missing address belongs to nobody."""
    address = signed["address_hash"]
    return signed["device_hash"].duplicated(keep=False) | (address.duplicated(keep=False) & (address != ""))


def ring(signed):
    """T15: nearly half of the cut-price sign-ups share a phone or an address; few ever buy."""
    here = signed["mechanic"] == "cut price"
    cut = signed[here]
    return {
        "what": "46 per cent of cut-price sign-ups share a phone or an address with another one; 12 per cent ever buy.",
        "cause": {"share_made_up_by_rings": RING_SHARE, "sign_ups_per_phone": ON_A_PHONE, "sign_ups_per_address": AT_AN_ADDRESS,
                  "ring_sign_ups_that_share_nothing": CAREFUL, "honest_at_an_address_of_another": RELATIVES / 2,
                  "chance_to_buy_of_an_honest_sign_up": MECHANICS[0].buys},
        "found": {
            "sign_ups": len(cut), "share_phone_or_address": shared(signed)[here].mean(), "made_up": (cut["ring"] > 0).mean(),
            "share_phone_only": signed["device_hash"].duplicated(keep=False)[here].mean(),
            "share_if_missing_addresses_count_as_equal":
                (signed["device_hash"].duplicated(keep=False) | signed["address_hash"].duplicated(keep=False))[here].mean(),
            "ever_buy": cut["bought"].mean(), "cost_per_sign_up": cut["reward_cost"].mean(),
            "cost_per_buyer": cut["reward_cost"].sum() / max(cut["bought"].sum(), 1),
            "paid_for_made_up_sign_ups": cut.loc[cut["ring"] > 0, "reward_cost"].sum(),
            "other_mechanics": shared(signed)[~here].mean(),
        },
    }  # fmt: skip


def invitations(made, signed, started):
    """M08.1-3: K of each generation and the cycle of each mechanic."""
    came, real = users_of(signed, started), users_of(signed[signed["ring"] == 0], started)
    above = (signed["inviter_invite_id"] - made["invite_id"].min()).fillna(-1).astype("int64")
    cycle = signed["accepted_at"] - np.append(made["accepted_at"].to_numpy(), np.datetime64("NaT"))[above]
    days = (cycle[signed["ring"] == 0].dt.total_seconds() / DAY).groupby(signed["mechanic"]).median()
    users = started.groupby("mechanic")["seeds"].sum().add(signed.groupby("mechanic").size(), fill_value=0)
    return {
        "what": "K is sign-ups of one generation over the users of the generation before; it falls, as people within reach "
                "have heard of it, and rings inflate it.",
        "cause": {how.name: {"invites": how.invites, "accept": how.accept, "cycle_days": how.cycle, "reach_per_seed": how.reach}
                  for how in MECHANICS},
        "found": {name: {
            "k_by_generation": came.loc[name].to_numpy()[1:] / np.maximum(came.loc[name].to_numpy()[:-1], 1),
            "k_by_generation_without_rings": real.loc[name].to_numpy()[1:] / np.maximum(real.loc[name].to_numpy()[:-1], 1),
            "median_days_from_sign_up_to_sign_up": days.get(name, np.nan),
            "invites_per_user": (made["mechanic"] == name).sum() / max(users[name], 1),
            "sign_ups_over_all_users": (signed["mechanic"] == name).sum() / max(users[name], 1),
        } for name in came.index},
    }  # fmt: skip


def users_of(signed, started):
    """Users by mechanic and generation 0 (seeds) to 4."""
    seeds = started.groupby("mechanic")["seeds"].sum()
    came = signed.groupby(["mechanic", "generation"]).size().unstack(fill_value=0)
    came = came.reindex(index=seeds.index, columns=range(5), fill_value=0)
    came[0] = seeds
    return came


def mechanics(signed, people):
    """M08.4: what a sign-up, a buyer and a buyer who is kept cost, by mechanic."""
    first = people.set_index("order_id")
    ripe = signed["first_order_id"].map(first["at"]) < seconds_of(np.datetime64(clock.KNOWN)) - 180 * DAY
    kept = signed["first_order_id"].map(first["kept"]).where(ripe).astype(float)
    total = signed.groupby("mechanic").agg(
        sign_ups=("bought", "size"), buyers=("bought", "sum"), cost=("reward_cost", "sum")
    )
    total["kept"] = kept.groupby(signed["mechanic"]).mean()
    total["per_sign_up"], total["per_buyer"] = (
        total["cost"] / total["sign_ups"],
        total["cost"] / total["buyers"].clip(1),
    )
    total["per_kept_buyer"] = total["per_buyer"] / total["kept"]
    return {
        "what": "Cut price is cheapest per sign-up and dear per buyer who is kept; gift cards are the other way round. Kept: "
                "ordered again 91 to 180 days after the first order, of those who had the time.",
        "cause": {how.name: {"reward": how.reward, "buys": how.buys, "friends": how.friends} for how in MECHANICS},
        "found": total.to_dict("index"),
    }  # fmt: skip


def invited(signed, people):
    """M08.5: invited customers are kept more often, because loyal people are invited; inviting does nothing."""
    begin, end = (
        seconds_of(np.datetime64(PROGRAMMES[0][1])),
        seconds_of(np.datetime64(clock.KNOWN)) - 180 * DAY,
    )
    here = people[((people["at"] >= begin) & (people["at"] < end)).to_numpy()]
    here = here.assign(invited=here["order_id"].isin(signed["first_order_id"]).to_numpy(),
                       loyal=np.minimum(here["loyal"] * 10, 9).astype(np.int64))  # fmt: skip
    rate = here.groupby("invited")["kept"].mean().reindex([False, True])
    return {
        "what": "Invited customers are kept 1.6 times as often as others. At equal first channel about 1.2 times: people "
                "invite friends whom they know to be loyal, and no table shows that. At equal hidden loyalty: as often.",
        "cause": {"effect_of_an_invitation": 1.0, "log_weight_of_loyalty_in_the_choice_of_friends": LOYAL_FRIENDS},
        "found": {"ratio": rate[True] / rate[False], "at_equal_first_channel": matched_ratio(here, ["channel"]),
                  "at_equal_channel_and_loyalty": matched_ratio(here, ["channel", "loyal"])},
    }  # fmt: skip


def matched_ratio(people, keys):
    """Share kept of the invited over that of others, weighted to the cells of the invited; nan if there are none."""
    rate = (
        people.groupby([*keys, "invited"])["kept"]
        .mean()
        .unstack("invited")
        .reindex(columns=[False, True])
        .dropna()
    )
    weight = people[people["invited"]].groupby(keys).size().reindex(rate.index)
    usual = (rate[False] * weight).sum()
    return (rate[True] * weight).sum() / usual if usual else np.nan
