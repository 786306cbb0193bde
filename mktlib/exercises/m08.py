"""M08 Fission, UGC, topics: K and its clock, growth that ends, rings, selection, controls, lawful reuse.
Lesson: lessons/2_mid/M08_fission_and_ugc.md."""

import pandas as pd

from mktlib.compliance import screen, standard_rules, word_rule
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, times, yuan
from mktlib.fission import (
    cycle_days,
    forecast,
    k_factor,
    reusable,
    ring_sizes,
    saturation,
    topic_lift,
    users_by_generation,
)

CUT = "cut price"
PLAN_MARGIN = 0.42  # finance's planning figure, given in J02
TOPIC_DAY, USUAL = "2025-05-24", ("2025-04-25", "2025-05-22")
FIRST_PROGRAMME, RIPE = "2024-03-04", "2025-07-04"
GENERATIONS = 8
HIT_UNTIL, HITS, SEEN_BY = "2025-07-01", 30, 3000
LEAST_FINE = 200_000  # CNY, Advertising Law Art. 57 for what Art. 9 forbids
OWN_WORDS = {
    "Art. 28": "保证 包你满意 百分之百",
    "Art. 13": "吊打 千万别买 强十倍",
    "Art. 9(3)": "没有比这更好 找不到比这更好",
    "Art. 17": "医生 专家认证 修复",
}
INVITATION = "one row of referrals is one invitation; it is a sign-up if accepted_at is filled"


# ---------------------------------------------------------------- what several answers need


def signups(referrals):
    """The invitations that were accepted."""
    return referrals[referrals["accepted_at"].notna()]


@per_world
def users(referrals, referral_programmes):
    return users_by_generation(referrals, referral_programmes)


@per_world
def cut_price(referrals):
    """The sign-ups of cut price with the size of the group they hang together with."""
    here = signups(referrals)[lambda table: table["mechanic"] == CUT]
    return here.assign(group=ring_sizes(here), bought=here["first_order_id"].notna())


@per_world
def first_orders(orders):
    """First paid order of each customer, by order number: ordered_at, channel, amount, kept (again after 91 to 180 days)."""
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at", kind="stable")
    first = paid.drop_duplicates("customer_id")
    began = paid["customer_id"].map(first.set_index("customer_id")["ordered_at"])
    days = (paid["ordered_at"] - began).dt.total_seconds() / 86_400
    again = paid.loc[(days > 90) & (days <= 180), "customer_id"]
    first = first.assign(kept=first["customer_id"].isin(again))
    return first.set_index("order_id")[["customer_id", "ordered_at", "channel", "amount", "kept"]]


@per_world
def newcomers(orders, referrals):
    """First orders of the time of the programmes that had 180 days since, with `invited`."""
    first = first_orders(orders)
    first = first[first["ordered_at"].between(FIRST_PROGRAMME, RIPE, inclusive="left")]
    return first.assign(invited=first.index.isin(referrals["first_order_id"].dropna()))


def per_sign_up(referrals, mechanic=CUT):
    here = signups(referrals)[lambda table: table["mechanic"] == mechanic]
    return here["reward_cost"].sum() / len(here)


# ---------------------------------------------------------------- two questions from before


@exercise(
    "M08.r1",
    title="A lottery, a challenge, an ad: the cheapest follower",
    kind="choice",
    practises=["R109"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "the lottery: CNY 1.00 for a new follower, 85 of 100 leave within 30 days",
        "b": "the challenge: CNY 1.80 for a new follower, 58 of 100 leave within 30 days",
        "c": "the follow ad: CNY 2.20 for a new follower, 10 of 100 leave within 30 days",
    },
)
def cheapest_follower():
    """Money over those who are still there: a follower who leaves was paid for, too."""
    return "c"


@cheapest_follower.mistake(
    "GROSS_FOLLOW", repair="How many of the lottery's followers see next month's post?"
)
def _():
    """You divided by those who came. Of a hundred who came for the prize, few are left when the next post appears."""
    return wrong(
        "a",
        shows={"paid for 100 new followers": yuan(100), "of whom there after 30 days": "15"},
        cost=f"A budget of {yuan(10_000)} would buy {count(1500)} followers who stay; the best of the three buys {count(4091)}.",
    )


@cheapest_follower.mistake("PROXY_METRIC", repair="Does a middle price and a middle loss make a middle cost?")
def _():
    """You took the middle way. A promotion is cheap or dear after the division, and not by its place in a list."""
    return wrong(
        "b",
        shows={"paid for 100 new followers": yuan(180), "of whom there after 30 days": "42"},
        cost=f"A budget of {yuan(10_000)} would buy {count(2333)} followers who stay, {count(1758)} fewer than the best.",
    )


cheapest_follower.hints(
    "What do you pay for: a follower on the day, or one who reads the next post?",
    "Divide the price of a hundred by how many of the hundred are left.",
    "100 / 15, 180 / 42, 220 / 90.",
)


@exercise(
    "M08.r2",
    title="Two lists of hashed phones",
    kind="choice",
    practises=["R100"],
    minutes=(1, 3),
    section="Two questions from before",
    options={
        "a": "3,800: the chain's list without those whom Heyu knows already; a hash names nobody",
        "b": "900: those of the 3,800 new people who agreed that the chain may pass their number on",
        "c": "5,000: everybody on the chain's list, since it is the chain's to lend",
    },
)
def net_new():
    """Net new are those who are not on our list; to be written to, they must have agreed to be passed on."""
    return "b"


@net_new.mistake("ANON_AS_SAFE", repair="What does Heyu get when it hashes its own list in the same way?")
def _():
    """You took a hash for anonymous. Whoever hashes the same phone gets the same hash, so it points at a person, and passing
    it on needs that person's separate consent."""
    return wrong(
        "a",
        shows={"one phone, hashed by the chain": "3f9a81c2", "the same phone, hashed by Heyu": "3f9a81c2"},
    )


@net_new.mistake("OVERLAP_SEGMENTS", repair="How many of the 5,000 does Heyu write to already?")
def _():
    """You counted people whom Heyu has already as new. They are on both lists, and the alliance brings each of them nothing."""
    return wrong(
        "c",
        shows={"on both lists": count(1200), "on the chain's list": count(5000)},
        cost=f"At a fee of CNY 6 for a new contact, {yuan(1200 * 6)} would be paid for customers of Heyu's own.",
    )


net_new.hints(
    "Who is new? Who may be written to?",
    "J09: a hash can be compared, so it is personal information. Which purpose must people have agreed to?",
    "Take off the overlap, then keep those who agreed.",
)


# ---------------------------------------------------------------- K


@exercise(
    "M08.1",
    title="K of the first generation of cut price",
    kind="number",
    unit="times",
    minutes=(3, 6),
    practises=["R159"],
    section="How many friends does a user bring?",
    bounds=(0, None),
    selfcheck={
        "grain": INVITATION,
        "numerator and denominator": "sign-ups of generation 1, over the users who could invite them: the seeds",
        "window": "all six programmes of cut price together",
        "filter": "mechanic is cut price, accepted_at is filled, generation is 1",
    },
)
def k_of_cut_price(referrals, referral_programmes):
    """Friends who came, per user who could invite them. Each generation has its own denominator: the one before it."""
    return k_factor(users(referrals, referral_programmes)).loc[CUT, 1]


def promised(referrals, k, right):
    """Rewards that a plan for 1,000 seeds would set aside for friends who do not come."""
    return abs(k - right) * 1000 * per_sign_up(referrals)


@k_of_cut_price.mistake("INVITES_AS_K", repair="How many of the invited ever signed up?")
def _(referrals, referral_programmes):
    """You counted what was sent. An invitation that nobody takes up brings no user and no further invitation."""
    here = referrals[(referrals["mechanic"] == CUT) & (referrals["generation"] == 1)]
    seeds = users(referrals, referral_programmes).loc[CUT, 0]
    k, right = len(here) / seeds, k_of_cut_price.compute(referrals, referral_programmes)
    return wrong(
        k,
        shows={
            "invitations sent": count(len(here)),
            "never taken up": count(here["accepted_at"].isna().sum()),
        },
        cost=f"A plan for 1,000 seeds would set aside {yuan(promised(referrals, k, right))} of rewards for friends who never come.",
    )


@k_of_cut_price.mistake("K_DENOM", repair="Whom has somebody of the last generation had the time to invite?")
def _(referrals, referral_programmes):
    """Newcomers stand below your line. Those of the first generation were invited by the seeds, before there was any other
    newcomer; and whoever came on the last day has invited nobody yet."""
    made = users(referrals, referral_programmes).loc[CUT]
    k, right = made.loc[1:].sum() / made.sum(), k_of_cut_price.compute(referrals, referral_programmes)
    return wrong(
        k,
        shows={
            "newcomers of all generations": count(made.loc[1:].sum()),
            "of 100 of them, invited by newcomers": count(100 * made.loc[2:].sum() / made.loc[1:].sum()),
        },
        cost=f"A plan for 1,000 seeds would come {yuan(promised(referrals, k, right))} of rewards short within the first days.",
    )


@k_of_cut_price.slip("filter")
def _(referrals, referral_programmes):
    """You counted the sign-ups of all generations as friends of the seeds."""
    made = users(referrals, referral_programmes).loc[CUT]
    return made.loc[1:].sum() / made[0]


@k_of_cut_price.slip("numerator and denominator")
def _(referrals):
    """You divided by the seeds who shared their link. Those who never shared it were asked as well."""
    here = referrals[(referrals["mechanic"] == CUT) & (referrals["generation"] == 1)]
    return here["accepted_at"].notna().sum() / here["share_code"].nunique()


k_of_cut_price.hints(
    "Who invited the people of generation 1?",
    "Sign-ups of generation 1 above the line, seeds of the same programmes below it.",
    'referral_programmes has the seeds: sum them where mechanic is "cut price".',
)


@prediction("M08.a", title="Friends per user in the first generation of cut price", unit="times")
def guess_k(referrals, referral_programmes):
    """Friends who signed up, per seed."""
    return k_of_cut_price.compute(referrals, referral_programmes)


@guess_k.mistake("INVITES_AS_K", repair="How many of the invited sign up?")
def _(referrals, referral_programmes):
    """You guessed on the side of the invitations sent."""
    here = referrals[(referrals["mechanic"] == CUT) & (referrals["generation"] == 1)]
    return len(here) / users(referrals, referral_programmes).loc[CUT, 0]


# ---------------------------------------------------------------- saturation


@per_world
def cut_forecast(referrals, referral_programmes):
    """Forecast users of cut price after eight generations, from the first two K; and what constant K would say."""
    made = users(referrals, referral_programmes).loc[CUT]
    k0, reach = saturation(made.loc[:2])
    k = k_factor(made)
    return pd.Series(
        {
            "right": forecast(made[0], k0, 1, GENERATIONS, reach).iloc[-1],
            "forever": forecast(made[0], k[1], 1, GENERATIONS).iloc[-1],
            "mean": forecast(made[0], (k[1] + k[2]) / 2, 1, GENERATIONS).iloc[-1],
            "there": made.loc[:2].sum(),
            "came": made.sum(),
        }
    )


@exercise(
    "M08.2",
    title="Users of cut price after eight generations",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R159"],
    section="K above 1, so millions?",
    bounds=(0, None),
    selfcheck={
        "grain": "one step is one generation; K belongs to one step",
        "numerator and denominator": "K of a step = start + slope x users so far, seeds among them",
        "window": "eight generations after the seeds, all users added up, seeds included",
        "filter": "cut price only; the line runs through the first two K",
    },
)
def cut_price_users(referrals, referral_programmes):
    """Each newcomer uses up a place among those within reach, so K falls with every user, and growth ends by itself."""
    return cut_forecast(referrals, referral_programmes)["right"]


def rewards_for(referrals, people):
    return yuan(people * per_sign_up(referrals))


@cut_price_users.mistake(
    "K_GT1_FOREVER", repair="Who is left to be invited when everybody within reach has heard of it?"
)
def _(referrals, referral_programmes):
    """You let the first K live on. It was measured when nobody had heard of the offer; the second K, from the same table, is
    already lower."""
    seen = cut_forecast(referrals, referral_programmes)
    k = k_factor(users(referrals, referral_programmes).loc[CUT])
    return wrong(
        seen["forever"],
        shows={"K of generation 1": f"{k[1]:.2f}", "K of generation 2": f"{k[2]:.2f}"},
        cost=f"Finance would set aside {rewards_for(referrals, seen['forever'] - seen['came'])} of rewards for people who do not exist.",
    )


@cut_price_users.mistake("AVG_OF_RATIOS", repair="Which of the eight generations has the mean K?")
def _(referrals, referral_programmes):
    """You took one K for all steps, the mean of two. The later steps lie below both of them, and each step multiplies the
    error of the one before."""
    seen = cut_forecast(referrals, referral_programmes)
    made = users(referrals, referral_programmes).loc[CUT]
    return wrong(
        seen["mean"],
        shows={"users of generation 1": count(made[1]), "users of generation 3": count(made[3])},
        cost=f"Finance would set aside {rewards_for(referrals, seen['mean'] - seen['came'])} of rewards too much.",
    )


@cut_price_users.slip("window")
def _(referrals, referral_programmes):
    """You counted the users who are there already, up to generation 2."""
    return cut_forecast(referrals, referral_programmes)["there"]


cut_price_users.hints(
    "What happens to K when the users so far become more?",
    "K of a step is start + slope x users so far; new users are those of the step before times K; add them up.",
    "newest = newest * max(start + slope * total, 0), then total = total + newest; eight times.",
)


@prediction("M08.b", title="K of generation 3 over K of generation 1", unit="times")
def guess_fall(referrals, referral_programmes):
    """What is left of the first K two generations later."""
    k = k_factor(users(referrals, referral_programmes).loc[CUT])
    return k[3] / k[1]


@guess_fall.mistake(
    "K_GT1_FOREVER", repair="How many of a friend's friends have heard of it from somebody else?"
)
def _():
    """You guessed that K stays as it is."""
    return 1.0


# ---------------------------------------------------------------- the clock


@per_world
def clocks(referrals, referral_programmes):
    """K of generation 1 and median cycle of two mechanics."""
    return pd.DataFrame(
        {"k": k_factor(users(referrals, referral_programmes))[1], "cycle": cycle_days(referrals)}
    )


def two_horizons(k, cycle):
    days = {name: forecast(1000, k[name], cycle[name], 90) for name in ("group buy", "gift card")}
    return {f"{name}, day {day}": days[name][day] for day in (21, 90) for name in days}


@exercise(
    "M08.3",
    title="A small fast K and a large slow one, by day 21 and day 90",
    kind="table",
    unit="times",
    minutes=(4, 8),
    practises=["R159", "R160"],
    section="K without a clock",
    selfcheck={
        "grain": "1,000 seeds in each of the four cases",
        "numerator and denominator": "K of generation 1, over the seeds",
        "window": "whole cycles up to day 21, and up to day 90",
        "filter": "each mechanic's own K and median cycle; nobody runs out of friends",
    },
)
def fast_and_slow(referrals, referral_programmes):
    """Within three weeks the slow mechanic has not gone round once; it has a quarter to show its larger K."""
    clock = clocks(referrals, referral_programmes)
    return two_horizons(clock["k"], clock["cycle"])


@fast_and_slow.mistake("K_NO_CYCLE", repair="How many times has a cycle of a month gone round by day 21?")
def _(referrals, referral_programmes):
    """On every day your numbers are those of the limit, 1 / (1 - K), as if all friends had come by then. K says how many come in
    the end; when they come is the cycle's business."""
    clock = clocks(referrals, referral_programmes)
    limit = {name: 1000 / (1 - clock["k"][name]) for name in ("group buy", "gift card")}
    short = limit["gift card"] - 1000
    return wrong(
        {f"{name}, day {day}": limit[name] for day in (21, 90) for name in limit},
        shows={
            "days of a cycle, group buy": f"{clock['cycle']['group buy']:.1f}",
            "days of a cycle, gift card": f"{clock['cycle']['gift card']:.1f}",
        },
        cost=f"A campaign of three weeks with gift cards would end {percent(short / limit['gift card'], 0)} short of its target; paid "
        f"media would have to find them at the last moment, at {yuan(2.2)} for each new follower.",
    )


@fast_and_slow.mistake("INVITES_AS_K", repair="How many of those invitations were taken up?")
def _(referrals, referral_programmes):
    """You let every invitation count as a friend. Then each round would more than double the users, in both mechanics."""
    clock, made = clocks(referrals, referral_programmes), users(referrals, referral_programmes)
    sent = referrals.groupby("mechanic").size() / made.sum(axis=1)
    given = two_horizons(sent, clock["cycle"])
    return wrong(
        given,
        shows={
            "group buy, invitations per user": f"{sent['group buy']:.2f}",
            "children under three in China, about": "27 million",
        },
    )


@fast_and_slow.slip("window")
def _(referrals, referral_programmes):
    """You counted the cycle that had begun as one that was over."""
    clock = clocks(referrals, referral_programmes)
    return {
        f"{name}, day {day}": forecast(1000, clock["k"][name], 1, int(day // clock["cycle"][name]) + 1).iloc[
            -1
        ]
        for day in (21, 90)
        for name in ("group buy", "gift card")
    }


fast_and_slow.hints(
    "How often does each mechanic go round in 21 days? Only whole rounds count.",
    "1,000 x (1 + K + K^2 + ... + K^n), n = whole cycles until the day.",
    "forecast(1000, k, cycle, 90) gives all days of one mechanic; read day 21 and day 90.",
)


# ---------------------------------------------------------------- rings


@exercise(
    "M08.4",
    title="What the sign-ups of cut price are",
    kind="table",
    unit={"sharing": "fraction", "cost per buyer": "CNY"},
    minutes=(5, 9),
    practises=["R160"],
    section="Who are these people?",
    selfcheck={
        "grain": "one row is one sign-up of cut price",
        "numerator and denominator": "sign-ups that share a phone or an address with another one, over sign-ups; all rewards, over those who ever bought",
        "window": "all six programmes together",
        "filter": "an empty address belongs to nobody",
    },
)
def cut_price_people(referrals):
    """Nearly half hang together by phones and addresses; the rewards of all of them were paid for the few who bought."""
    here = cut_price(referrals)
    return {
        "sharing": (here["group"] > 1).mean(),
        "cost per buyer": here["reward_cost"].sum() / here["bought"].sum(),
    }


@cut_price_people.mistake("GROSS_FOLLOW", repair="How many of these sign-ups ever paid for an order?")
def _(referrals):
    """You divided by sign-ups. The reward bought a phone number; the programme was meant to buy customers."""
    here, right = cut_price(referrals), cut_price_people.compute(referrals)
    low = here["reward_cost"].sum() / len(here)
    return wrong(
        right | {"cost per buyer": low},
        shows={"of 100 sign-ups ever bought": count(100 * here["bought"].mean())},
        cost=f"For 400 new buyers the plan would hold {yuan(400 * low)}, and buy 400 sign-ups with it.",
    )


@cut_price_people.mistake(
    "NULL_SEMANTICS", repair="What do two people have in common who both gave no address?"
)
def _(referrals):
    """You took two empty addresses for the same address. The short form does not ask for one, so most honest people of the
    short form would be called a ring."""
    here, right = cut_price(referrals), cut_price_people.compute(referrals)
    equal = here["device_hash"].duplicated(keep=False) | here["address_hash"].duplicated(keep=False)
    lost = here[equal & (here["group"] == 1)]
    return wrong(
        right | {"sharing": equal.mean()},
        shows={
            "sign-ups without an address": count((here["address_hash"] == "").sum()),
            "of whom share nothing with anybody": count(len(lost)),
        },
        cost=f"{count(lost['bought'].sum())} people who bought would be barred as fraud, and {yuan(lost['reward_cost'].sum())} "
        "of promised rewards be fought over with customer service.",
    )


@cut_price_people.mistake(
    "KEY_TRUST", repair="What else, beside the phone, do parcels of one ring have in common?"
)
def _(referrals):
    """You trusted one key. A ring with three phones looks like three rings, and its single phones look like honest people,
    until you look at where the parcels go."""
    here, right = cut_price(referrals), cut_price_people.compute(referrals)
    phone = here["device_hash"].duplicated(keep=False)
    missed = here[(here["group"] > 1) & ~phone]
    return wrong(
        right | {"sharing": phone.mean()},
        shows={"phones with several sign-ups": count(here.loc[phone, "device_hash"].nunique()),
               "addresses with several": count((here.loc[here["address_hash"] != "", "address_hash"].value_counts() > 1).sum())},
        cost=f"{yuan(missed['reward_cost'].sum())} of rewards go on being paid to the sign-ups that only the address gives away.",
    )  # fmt: skip


@cut_price_people.slip("filter")
def _(referrals):
    """You left the first sign-up of each phone and address out. It shares them as much as the later ones do."""
    here, right = cut_price(referrals), cut_price_people.compute(referrals)
    address = here["address_hash"].duplicated() & (here["address_hash"] != "")
    return right | {"sharing": (here["device_hash"].duplicated() | address).mean()}


cut_price_people.hints(
    "Which sign-ups have a phone or an address that another one has, too?",
    'duplicated(keep=False) marks all that share a value; an address of "" has to be left out of it.',
    'same_phone | (same_address & (table["address_hash"] != "")), then its mean.',
)


@prediction("M08.c", title="Cut price: share of sign-ups that ever bought", unit="fraction")
def guess_buyers(referrals):
    """Sign-ups with a first order, over all sign-ups."""
    return cut_price(referrals)["bought"].mean()


@guess_buyers.mistake("GROSS_FOLLOW", repair="Of those who tap for a friend, how many wanted the article?")
def _():
    """You guessed as if a sign-up were a customer."""
    return 0.5


# ---------------------------------------------------------------- selection


def shares_kept(people):
    """Share kept and number, by channel and invited, for channels that have both."""
    return people.groupby(["channel", "invited"])["kept"].agg(["mean", "size"]).unstack("invited").dropna()


@exercise(
    "M08.5",
    title="Invited customers beside others of the same channel",
    kind="number",
    unit="times",
    minutes=(5, 9),
    practises=["R162", "R119"],
    section="They stay longer. Because they were invited?",
    bounds=(0, None),
    selfcheck={
        "grain": "one row is one customer, by the first paid order",
        "numerator and denominator": "share kept of the invited, over the share kept of others, both for the channels of the invited",
        "window": "first orders from 4 March 2024 to 3 July 2025; kept is an order 91 to 180 days later",
        "filter": "each channel weighs as much as it has invited customers; channels without any drop out",
    },
    tolerance=0.002,
)
def kept_within_channels(orders, referrals):
    """Within one channel a part of the difference is gone: invited people come by channels whose customers stay anyway."""
    cells = shares_kept(newcomers(orders, referrals))
    weight = cells["size", True]
    return (cells["mean", True] * weight).sum() / (cells["mean", False] * weight).sum()


@kept_within_channels.mistake(
    "SELECTION_AS_EFFECT", repair="By which channels do the invited come, and who comes by the others?"
)
def _(orders, referrals):
    """You compared the invited with everybody. People invite friends whom they know to be loyal, and friends do not come
    from ads: two reasons why they stay, and neither is the invitation."""
    people = newcomers(orders, referrals)
    kept = people.groupby("invited")["kept"].mean()
    others = people[~people["invited"]]
    by_friends = others["channel"].isin(["direct", "private domain"]).mean()
    worth = 1000 * (kept[True] - kept[False]) * people["amount"].mean() * PLAN_MARGIN
    return wrong(
        kept[True] / kept[False],
        shows={
            "others who came directly or by private domain": percent(by_friends),
            "invited who did": "100.0%",
        },
        cost=f"A case for 1,000 more invitations would book {yuan(worth)} of margin on second orders that these people place anyway.",
    )


@kept_within_channels.mistake("PCT_VS_PP", repair="Is a difference of two shares a number of times?")
def _(orders, referrals):
    """You subtracted. The difference of two shares is a number of points; how many times as often is a quotient."""
    cells = shares_kept(newcomers(orders, referrals))
    weight = cells["size", True]
    gap = (cells["mean", True] * weight).sum() / weight.sum() - (
        cells["mean", False] * weight
    ).sum() / weight.sum()
    return wrong(gap, shows={"your number": f"{gap:.2f}", "it would mean": "kept less often than others"})


@kept_within_channels.slip("filter")
def _(orders, referrals):
    """You laid the channels together, each side with its own people. The channels then weigh differently on the two sides."""
    people = newcomers(orders, referrals)
    both = shares_kept(people).index
    kept = people[people["channel"].isin(both)].groupby("invited")["kept"].mean()
    return kept[True] / kept[False]


kept_within_channels.hints(
    "With whom can an invited customer be compared fairly?",
    "Share kept by channel and invited; then weigh both columns by the number of invited in each channel.",
    "(kept_invited * weight).sum() / (kept_others * weight).sum(), over the channels that have both.",
)


# ---------------------------------------------------------------- topics


@per_world
def weibo(topics_daily):
    """Mentions on Weibo: one row per day, one column per topic."""
    here = topics_daily[topics_daily["platform"] == "Weibo"]
    return here.pivot(index="date", columns="topic", values="mentions")


def rise(topics_daily):
    talk = weibo(topics_daily)
    return talk.loc[TOPIC_DAY] / talk.loc[USUAL[0] : USUAL[1]].mean()


@exercise(
    "M08.6",
    title="Lift of the topic day on Weibo",
    kind="number",
    unit="fraction",
    minutes=(3, 6),
    practises=["R120"],
    section="A day on which everybody talked",
    selfcheck={
        "grain": "one row is one day, platform and topic",
        "numerator and denominator": "Heyu's mentions over its usual day, divided by the same for all parenting, minus 1",
        "window": "24 May 2025, against the mean of 25 April to 22 May",
        "filter": "Weibo, where the topic ran; mentions with reposts",
    },
)
def lift_of_topic(topics_daily):
    """What Heyu rose beyond the platform's festival: growth over growth, minus one."""
    return topic_lift(weibo(topics_daily), "Heyu", "all parenting", TOPIC_DAY, *USUAL)


@lift_of_topic.mistake("NO_CONTROL", repair="What did mentions of all of parenting do on the same day?")
def _(topics_daily):
    """You gave all of the rise to the topic. The platform held a festival of parenting that day, and everybody's mentions rose
    with it, rivals' included."""
    grown = rise(topics_daily)
    talk = weibo(topics_daily)
    own = talk.loc[TOPIC_DAY, "Heyu"] - talk.loc[USUAL[0] : USUAL[1], "Heyu"].mean()
    return wrong(
        grown["Heyu"] - 1,
        shows={
            "Heyu, times its usual day": times(grown["Heyu"]),
            "a rival, Qingcheng, which did nothing": times(grown["Qingcheng"]),
        },
        cost=f"An agency paid CNY 30 for each additional mention would be paid {yuan(30 * own)}, most of it for the festival.",
    )


@lift_of_topic.mistake(
    "ADD_RATES", repair="If both had grown tenfold and twentyfold: ten more, or twice as much?"
)
def _(topics_daily):
    """You subtracted one growth from the other. Growth multiplies: the festival would have lifted Heyu by its factor, and the
    topic comes on top as a factor of its own."""
    grown = rise(topics_daily)
    talk = weibo(topics_daily)
    usual = talk.loc[USUAL[0] : USUAL[1], "Heyu"].mean()
    gap = grown["Heyu"] - grown["all parenting"]
    return wrong(
        gap,
        shows={
            "Heyu, times its usual day": times(grown["Heyu"]),
            "all parenting, times its usual day": times(grown["all parenting"]),
        },
        cost=f"Reported as growth beyond the festival, it would promise {count(gap * usual * grown['all parenting'])} "
        f"mentions of the topic's own on such a day; at CNY 30 each that is {yuan(30 * gap * usual * grown['all parenting'])}.",
    )


@lift_of_topic.slip("filter")
def _(topics_daily):
    """You added Weibo and Xiaohongshu. The topic ran on Weibo only."""
    talk = topics_daily.groupby(["date", "topic"])["mentions"].sum().unstack()
    return topic_lift(talk, "Heyu", "all parenting", TOPIC_DAY, *USUAL)


@lift_of_topic.slip("numerator and denominator")
def _(topics_daily):
    """You gave the factor. A lift of nothing is 0, a factor of nothing is 1: take 1 off."""
    return lift_of_topic.compute(topics_daily) + 1


lift_of_topic.hints(
    "How far would Heyu have risen that day without a topic of its own?",
    "Each column's day over its usual day; then Heyu's factor over the control's.",
    'rise["Heyu"] / rise["all parenting"] - 1.',
)


# ---------------------------------------------------------------- UGC on pages


def rates(table, by):
    sums = table.groupby(by)[["orders", "page_views"]].sum()
    return sums["orders"] / sums["page_views"]


def pages_2025(product_pages):
    here = product_pages[product_pages["month"] >= "2025"]
    return rates(here, here["ugc_items"] > 0)


@exercise(
    "M08.7",
    title="What user content adds to a page's orders",
    kind="number",
    unit="fraction",
    minutes=(3, 6),
    practises=["R117", "R116"],
    section="Pages with photos sell twice as well",
    selfcheck={
        "grain": "one row of ugc_test is one month, article and arm",
        "numerator and denominator": "orders per page view with user content, over the same without it, minus 1",
        "window": "July to September 2025",
        "filter": "the test, where a lot decided who saw it; not the pages that the shop chose",
    },
)
def lift_of_ugc(ugc_test):
    """Where a lot decides who sees the photos, orders per page view hardly differ: that is what the photos themselves do."""
    rate = rates(ugc_test, "arm")
    return rate["with UGC"] / rate["without"] - 1


@lift_of_ugc.mistake("REVERSE_CAUSE", repair="Which pages did the shop choose to put user content on?")
def _(product_pages, orders, order_items):
    """You read the effect off the pages that have it. The shop shows user content where there is some, and there is some where
    many buy: sales made the photos, not the photos the sales."""
    rate, here = pages_2025(product_pages), product_pages[product_pages["month"] >= "2025"]
    bare = here.loc[here["ugc_items"] == 0, "orders"].sum()
    more = bare * (rate[True] / rate[False] - 1)
    amount = orders["amount"].sum() / len(order_items)
    views = here.groupby(here["ugc_items"] > 0)["page_views"].mean()
    return wrong(
        rate[True] / rate[False] - 1,
        shows={
            "views a month, page with user content": count(views[True]),
            "page without": count(views[False]),
        },
        cost=f"The plan for next year would count on {count(more)} further articles sold, {yuan(more * amount)} that do not come.",
    )


@lift_of_ugc.mistake("PCT_VS_PP", repair="Does your number compare the rates, or subtract them?")
def _(ugc_test):
    """You subtracted two rates. The difference is in points of orders per view; adding to a page's orders means relative to what
    it sells without."""
    rate = rates(ugc_test, "arm")
    return wrong(
        rate["with UGC"] - rate["without"],
        shows={"orders per view, without": percent(rate["without"], 2), "with": percent(rate["with UGC"], 2)},
    )


@lift_of_ugc.mistake("AVG_OF_RATIOS", repair="How many views stand behind each of the rates?")
def _(ugc_test):
    """You averaged the rates of months and articles. A page that few people open gets the vote of one that is open all day."""
    rate = (ugc_test["orders"] / ugc_test["page_views"]).groupby(ugc_test["arm"]).mean()
    return wrong(
        rate["with UGC"] / rate["without"] - 1,
        shows={
            "fewest views of a month, article and arm": count(ugc_test["page_views"].min()),
            "most": count(ugc_test["page_views"].max()),
        },
    )


lift_of_ugc.hints(
    "In which table did chance decide which visit sees user content?",
    "Orders and page views by arm, summed over months and articles; one rate for each arm.",
    'rate["with UGC"] / rate["without"] - 1.',
)


# ---------------------------------------------------------------- reuse


def own_rules():
    """The screen of J09, and the words that users use and copywriters do not."""
    added = [word_rule(words, article=article) for article, words in OWN_WORDS.items()]
    return pd.concat([standard_rules(), *added], ignore_index=True)


@per_world
def best_reviews(ugc):
    """The fifty best-liked five-star reviews with `agreed` and `claims`."""
    five = ugc[ugc["rating"] == 5].sort_values(["likes", "ugc_id"], ascending=[False, True]).head(50)
    found = screen(five["text_zh"], own_rules())["line"]
    return five.assign(agreed=five["consent_to_reuse"] == "separate", claims=five.index.isin(found))


@exercise(
    "M08.8",
    title="Which of the fifty best reviews may go on",
    kind="set",
    minutes=(5, 9),
    practises=["R118", "R116"],
    section="In their words, on our page",
    selfcheck={
        "grain": "one row of ugc is one item; the fifty are photo reviews with five stars",
        "window": "likes until the end of 2025",
        "filter": "separate consent to the reuse of this item, and nothing that the rules find",
    },
)
def may_be_reused(ugc):
    """Agreed to for this purpose, and free of claims that Heyu may not make: both, for each item."""
    five = best_reviews(ugc)
    return set(five.loc[reusable(five, own_rules()), "ugc_id"])


@may_be_reused.mistake("CONSENT_BUNDLED", repair="What exactly did somebody agree to who ticked the terms?")
def _(ugc):
    """You let the general terms count. Reuse stood there among other things; for this purpose the law wants a consent that was
    given for it, and can be taken back."""
    five = best_reviews(ugc)
    taken = five[five["consent_to_reuse"].isin(["terms", "separate"]) & ~five["claims"]]
    return wrong(
        set(taken["ugc_id"]),
        shows={
            "with any tick, free of claims": count(len(taken)),
            "of them asked for this purpose": count(taken["agreed"].sum()),
        },
    )


@may_be_reused.mistake("LAW_BLIND", repair="Who speaks to the reader when Heyu prints a customer's sentence?")
def _(ugc):
    """You took consent for a licence to quote anything. A sentence that Heyu prints is Heyu's advertising, quotation marks or not."""
    five = best_reviews(ugc)
    taken = five[five["agreed"]]
    banned = taken["claims"].sum()
    return wrong(
        set(taken["ugc_id"]),
        shows={"with separate consent": count(len(taken)), "of them with a claim": count(banned)},
        cost=f"Advertising Law Art. 57: a fine of at least {yuan(LEAST_FINE)}, and {count(banned)} of these pages would risk one.",
    )


@may_be_reused.mistake(
    "KEYWORD_ONLY", repair="What of cures, doctors and rivals, in which no superlative stands?"
)
def _(ugc):
    """You looked for two words. Most claims are made without them, and a baby's first tooth is no claim."""
    five = best_reviews(ugc)
    plain = ~five["text_zh"].str.contains("最|第一")
    taken = five[five["agreed"] & plain]
    return wrong(
        set(taken["ugc_id"]),
        shows={"claims among the fifty": count(five["claims"].sum()), "of them with one of your words": count((five["claims"] & ~plain).sum())},
        cost=f"{count(taken['claims'].sum())} pages with a claim would go out, each at the risk of a fine of at least {yuan(LEAST_FINE)}.",
    )  # fmt: skip


may_be_reused.hints(
    "Two questions for each review: did the author agree to this, and may Heyu say this?",
    'consent_to_reuse is "separate", and the review is not among the lines that screen() finds.',
    'five_star.index.isin(found["line"]) marks the claims; keep agreed & ~claims, and give ugc_id.',
)


# ---------------------------------------------------------------- the form


@per_world
def forms(referrals):
    """By sign-up form: invited, came, bought; cut price left out, where half of the sign-ups are rings."""
    here = referrals[referrals["mechanic"] != CUT]
    here = here.assign(came=here["accepted_at"].notna(), bought=here["first_order_id"].notna())
    return here.groupby("form").agg(invited=("came", "size"), came=("came", "sum"), bought=("bought", "sum"))


def change(top, bottom):
    rate = top / bottom
    return rate["short"] / rate["long"] - 1


@exercise(
    "M08.11",
    title="A shorter sign-up form",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R161"],
    section="A shorter form",
    selfcheck={
        "grain": INVITATION,
        "numerator and denominator": "people who ever bought, over people invited, short form over long form, minus 1",
        "window": "all programmes but cut price",
        "filter": "cut price is left out: its sign-ups are not all people",
    },
)
def form_effect(referrals):
    """The lot fell on invitations, so invitations stand below the line, and what counts stands above it: buyers."""
    table = forms(referrals)
    return change(table["bought"], table["invited"])


@form_effect.mistake("PROXY_METRIC", repair="Was the form made shorter to get sign-ups, or buyers?")
def _(referrals):
    """You decided by sign-ups. They rise because the form costs less effort; the same little effort brings people who want less."""
    table = forms(referrals)
    promised = change(table["came"], table["invited"])
    more, price = table["came"]["short"] - table["came"]["long"], per_sign_up(referrals, "gift card")
    return wrong(
        promised,
        shows={
            "short form, sign-ups that bought": percent((table["bought"] / table["came"])["short"]),
            "long form": percent((table["bought"] / table["came"])["long"]),
        },
        cost=f"The plan would count {count(more)} further sign-ups as if they bought like the others; with gift cards their rewards come "
        f"to {yuan(more * price)}.",
    )


@form_effect.mistake("POST_TREATMENT_DENOM", repair="Who is below your line, and did the form decide that?")
def _(referrals):
    """You divided by sign-ups. The form itself decides who signs up, so the two groups below the line are no longer alike."""
    table = forms(referrals)
    return wrong(
        change(table["bought"], table["came"]),
        shows={
            "sign-ups, short form": count(table["came"]["short"]),
            "long form": count(table["came"]["long"]),
        },
        cost=f"The short form would be dropped, and its {count(table['came']['short'] - table['came']['long'])} further sign-ups with it, "
        f"for which {yuan(per_sign_up(referrals, 'gift card'))} each is paid elsewhere.",
    )


@form_effect.mistake("PCT_VS_PP", repair="Does your number compare the rates, or subtract them?")
def _(referrals):
    """You subtracted two rates. Their difference is in points of buyers per invitation; the relative change is asked for."""
    table = forms(referrals)
    rate = table["bought"] / table["invited"]
    return wrong(
        rate["short"] - rate["long"],
        shows={"in 100 invitations, buyers more": f"{100 * (rate['short'] - rate['long']):.1f}"},
    )


form_effect.hints(
    "On what did the lot fall: on people who signed up, or on invitations?",
    "Buyers per invitation for each form; then short over long, minus 1.",
    'first_order_id.notna() over the number of rows, by "form", cut price left out.',
)


# ---------------------------------------------------------------- trust, loyalty, fission


@per_world
def gift_chain(referrals, referral_programmes, orders):
    """Gift card: K, share of sign-ups that buy, share of buyers kept (of those who had the time)."""
    here = signups(referrals)[lambda table: table["mechanic"] == "gift card"]
    order = first_orders(orders).loc[here["first_order_id"].dropna().astype(int)]
    kept = order.loc[order["ordered_at"] < RIPE, "kept"].mean()
    k = k_factor(users(referrals, referral_programmes)).loc["gift card", 1]
    return pd.Series({"k": k, "buys": here["first_order_id"].notna().mean(), "kept": kept})


@exercise(
    "M08.12",
    title="Customers who stay, from 1,000 seeds with gift cards",
    kind="number",
    unit="times",
    minutes=(4, 7),
    practises=["R148", "R162"],
    section="Trust, loyalty, friends",
    bounds=(0, None),
    selfcheck={
        "grain": "one user of the programme is in one state at a time: came, bought, stayed",
        "numerator and denominator": "friends of all generations per seed, times the share that buys, times the share of buyers that stays",
        "window": "until nobody new comes; K of generation 1 throughout",
        "filter": "gift card; the seeds themselves are not new",
    },
)
def expected_kept(referrals, referral_programmes, orders):
    """K + K^2 + K^3 + ... friends per seed, and of them those who pass the next two gates."""
    chain = gift_chain(referrals, referral_programmes, orders)
    return 1000 * chain["k"] / (1 - chain["k"]) * chain["buys"] * chain["kept"]


@expected_kept.mistake(
    "GROSS_FOLLOW", repair="How many of the friends who came are still buying half a year later?"
)
def _(referrals, referral_programmes, orders):
    """You counted everybody who came. Between a sign-up and a customer who stays lie two gates, and each lets about half through."""
    chain = gift_chain(referrals, referral_programmes, orders)
    came, margin = 1000 * chain["k"] / (1 - chain["k"]), first_orders(orders)["amount"].mean() * PLAN_MARGIN
    return wrong(
        came,
        shows={
            "of 100 sign-ups buy": f"{100 * chain['buys']:.0f}",
            "of 100 buyers stay": f"{100 * chain['kept']:.0f}",
        },
        cost=f"At the margin of one more order each, {yuan(came * margin)} would stand in the plan, most of it for people who did not buy "
        "or do not stay.",
    )


@expected_kept.mistake("K_DENOM", repair="Is your K a quotient of one generation and the one before?")
def _(referrals, referral_programmes, orders):
    """Your friends per seed are all those who came so far, over the seeds: that is also what newcomers over all users give, put
    into the sum of powers. It is the past, in which K fell, and not what K of generation 1 lets expect."""
    chain = gift_chain(referrals, referral_programmes, orders)
    made = users(referrals, referral_programmes).loc["gift card"]
    share = made.loc[1:].sum() / made.sum()
    value = 1000 * share / (1 - share) * chain["buys"] * chain["kept"]
    return wrong(
        value,
        shows={
            "newcomers of all generations": count(made.loc[1:].sum()),
            "seeds": count(made[0]),
        },
    )


@expected_kept.slip("numerator and denominator")
def _(referrals, referral_programmes, orders):
    """You stopped at those who buy. Customers who stay are asked for."""
    chain = gift_chain(referrals, referral_programmes, orders)
    return 1000 * chain["k"] / (1 - chain["k"]) * chain["buys"]


@expected_kept.slip("window")
def _(referrals, referral_programmes, orders):
    """You stopped at the seeds' own friends. Friends invite, too."""
    chain = gift_chain(referrals, referral_programmes, orders)
    return 1000 * chain["k"] * chain["buys"] * chain["kept"]


@expected_kept.slip("filter")
def _(referrals, referral_programmes, orders):
    """You counted the seeds among the newcomers: 1 / (1 - K) includes them."""
    chain = gift_chain(referrals, referral_programmes, orders)
    return 1000 / (1 - chain["k"]) * chain["buys"] * chain["kept"]


expected_kept.hints(
    "How many friends does a seed bring over all generations, itself not counted?",
    "The sum of K, K^2, K^3, ... is K / (1 - K). Then two shares, one after the other.",
    '1000 * k / (1 - k) * chain["buys"] * chain["kept"].',
)


# ---------------------------------------------------------------- cases, hits, who carried it


@exercise(
    "M08.13",
    title="Which loop leaves this trace?",
    kind="choice",
    minutes=(2, 4),
    practises=["R121"],
    section="Three loops and their traces",
    options={
        "a": "collect and swap: a payment app's five lucky cards, of which everybody lacks one until the last evening",
        "b": "show and imitate: a coffee chain's badge that makes everybody a member of its atmosphere team",
        "c": "help me pay less: an app that takes something off a price for each friend who taps",
    },
)
def whose_trace():
    """No link, no reward, hours instead of days, and gone: people copied what they saw. Nothing had to be sent to anybody."""
    return "b"


@whose_trace.mistake("K_NO_CYCLE", repair="When would a game of swapping have its loudest day?")
def _():
    """You looked at how many took part and not at when. Swapping grows towards its deadline; here the first day is the loudest."""
    return wrong(
        "a", shows={"loudest day of a collection": "the last", "loudest day of this trace": "the first"}
    )


@whose_trace.mistake("INVITES_AS_K", repair="Whose link would a helper have tapped here?")
def _():
    """You took all spreading for inviting. Where a reward is paid for a friend, each friend comes by a link with an owner."""
    return wrong("c", shows={"links with an owner": "none", "rewards paid": "none"})


whose_trace.hints(
    "Three marks: how fast, with or without links, when it ends.",
    "Which of the three needs neither a link nor a reward?",
    "Nobody had to send anything: seeing it was enough.",
)


@per_world
def hits(social_posts):
    """Posts of the first half of 2025 that many saw, the thirty shared most per person reached, and what came after each."""
    posts = social_posts[(social_posts["published_at"] >= "2025-01-01") & (social_posts["reach"] >= SEEN_BY)]
    posts = posts.sort_values(["published_at", "post_id"])
    after = posts.groupby(["platform", "topic", "form"])[["shares", "reach"]].shift(-1)
    posts = posts.assign(
        rate=posts["shares"] / posts["reach"], next_shares=after["shares"], next_reach=after["reach"]
    )
    early = posts[(posts["published_at"] < HIT_UNTIL) & posts["next_reach"].notna()]
    return early.sort_values(["rate", "post_id"], ascending=[False, True]).head(HITS)


@exercise(
    "M08.14",
    title="The idea of a hit, once more",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R125"],
    section="The post after the hit",
    bounds=(0, 1),
    selfcheck={
        "grain": "one row of social_posts is one post",
        "numerator and denominator": "shares of the thirty next posts, over their reach, summed first",
        "window": "hits of January to June 2025; the next post may be later",
        "filter": "posts with a reach of 3,000 or more; next is the next of the same platform, topic and form",
    },
)
def after_hits(social_posts):
    """What a repetition of the idea can be expected to bring: what the next posts of the same kind brought."""
    top = hits(social_posts)
    return top["next_shares"].sum() / top["next_reach"].sum()


@after_hits.mistake(
    "REGRESSION_TO_MEAN",
    repair="Thirty posts were chosen because they stood at the top: what put them there?",
)
def _(social_posts):
    """You promised what the hits had. They were chosen for their luck as much as for their idea, and only the idea can be
    repeated."""
    top = hits(social_posts)
    rate, later = top["shares"].sum() / top["reach"].sum(), after_hits.compute(social_posts)
    money = (top["production_cost"] + top["boost_cost"]).mean()
    some = (social_posts["published_at"] >= "2025-01-01") & (social_posts["published_at"] < HIT_UNTIL)
    return wrong(
        rate,
        shows={"posts of the half year that many saw": count((some & (social_posts["reach"] >= SEEN_BY)).sum()), "hits": count(HITS)},
        cost=f"Ten posts planned by this figure cost {yuan(10 * money)}; of ten shares that the plan counts on, about "
        f"{count(10 * (1 - later / rate))} do not come.",
    )  # fmt: skip


@after_hits.mistake("MAIN_EFFECT_ONLY", repair="Have the topics and forms of the hits really nothing to say?")
def _(social_posts):
    """You expected the average of all posts. Luck does not come again, but platform, topic and form do, and the hits had better
    ones than most."""
    posts = social_posts[(social_posts["published_at"] >= "2025-01-01") & (social_posts["reach"] >= SEEN_BY)]
    rate = posts["shares"].sum() / posts["reach"].sum()
    top = hits(social_posts)
    return wrong(
        rate,
        shows={
            "commonest topic of the hits, among the hits": percent(
                top["topic"].value_counts(normalize=True).max()
            ),
            "the same topic among all posts": percent((posts["topic"] == top["topic"].mode()[0]).mean()),
        },
    )


after_hits.hints(
    "What is the most honest forecast for a second post of the same kind?",
    "For each hit look at the next post of the same platform, topic and form; add up shares and reach.",
    'hits["next_shares"].sum() / hits["next_reach"].sum().',
)


@exercise(
    "M08.15",
    title="Who brought the buyers?",
    kind="table",
    unit="fraction",
    minutes=(3, 6),
    practises=["R127", "R013"],
    section="Everybody is a channel",
    selfcheck={
        "grain": INVITATION,
        "numerator and denominator": "buyers whom this role invited, over all buyers who were invited",
        "window": "all eleven programmes",
        "filter": "rows with first_order_id; the role stands in inviter_role",
    },
)
def who_carried(referrals):
    """Nearly half of the buyers were brought by people who had been invited themselves: the tree carries, not only its roots."""
    bought = referrals[referrals["first_order_id"].notna()]
    return bought["inviter_role"].value_counts(normalize=True).to_dict()


@who_carried.mistake("GROSS_FOLLOW", repair="Which column says that somebody bought?")
def _(referrals):
    """You counted sign-ups. Rings sign up by each other's links, so friends of friends look better than they are."""
    here = signups(referrals)
    bought = here[here["first_order_id"].notna()]
    paid = here.loc[here["inviter_role"] == "invitee", "reward_cost"].sum()
    return wrong(
        here["inviter_role"].value_counts(normalize=True).to_dict(),
        shows={"sign-ups": count(len(here)), "buyers": count(len(bought))},
        cost=f"{yuan(paid)} of rewards for friends of friends would be called the best-spent part of the programmes.",
    )


@who_carried.mistake("NULL_SEMANTICS", repair="Whose inviter has no customer number, beside the staff?")
def _(referrals):
    """You read a missing customer number as staff. Somebody who was invited has no customer number either, before the first order."""
    bought = referrals[referrals["first_order_id"].notna()]
    known = bought["inviter_customer_id"].notna().mean()
    empty = bought["inviter_customer_id"].isna()
    return wrong(
        {"customer": known, "staff": 1 - known, "invitee": 0.0},
        shows={
            "buyers whose inviter has no customer number": count(empty.sum()),
            "of whom came by an invited friend": count(bought.loc[empty, "inviter_invite_id"].notna().sum()),
        },
        cost=f"At a staff bonus of CNY 20 a buyer, {yuan(20 * empty.sum())} would be paid, nearly all of it for what customers' friends did.",
    )


who_carried.hints(
    "Which column says who invited, and which that somebody bought?",
    "Keep the rows with a first order, and count inviter_role among them.",
    'value_counts(normalize=True) of bought["inviter_role"].',
)


# ---------------------------------------------------------------- mixed case, memo


@per_world
def mechanics(referrals, orders):
    """By mechanic: cost, sign_ups, buyers, kept (of buyers who had 180 days), kept_all (of all buyers)."""
    here, first = signups(referrals), first_orders(orders)
    table = here.groupby("mechanic").agg(
        cost=("reward_cost", "sum"), sign_ups=("invite_id", "size"), buyers=("first_order_id", "count")
    )
    bought = here[here["first_order_id"].notna()]
    order = first.loc[bought["first_order_id"].astype(int)]
    kept = pd.Series(order["kept"].to_numpy(dtype=float), index=bought.index)
    ripe = pd.Series(order["ordered_at"].to_numpy() < pd.Timestamp(RIPE), index=bought.index)
    table["kept"] = kept[ripe].groupby(bought["mechanic"]).mean()
    table["kept_all"] = kept.groupby(bought["mechanic"]).mean()
    return table


@exercise(
    "M08.9",
    title="What the four mechanics cost",
    kind="table",
    unit="CNY",
    minutes=(6, 12),
    points=2,
    practises=["R160", "R109", "R161"],
    section="Mixed case: which mechanic for spring?",
    selfcheck={
        "grain": "one row for each mechanic",
        "numerator and denominator": "all rewards, over buyers times the share of buyers who stay",
        "window": "stays: a paid order 91 to 180 days after the first; measured on first orders before 4 July 2025",
        "filter": "rewards of all sign-ups, whether they bought or not",
    },
)
def per_kept_buyer(referrals, orders):
    """Rewards are paid for everybody, and divided by those who are customers half a year later."""
    table = mechanics(referrals, orders)
    return (table["cost"] / table["buyers"] / table["kept"]).to_dict()


def wasted(referrals, orders, chosen):
    """What 200 kept buyers cost by the mechanic that a wrong table would choose, above the right choice."""
    right = per_kept_buyer.compute(referrals, orders)
    return 200 * (right[chosen] - min(right.values()))


@per_kept_buyer.mistake("GROSS_FOLLOW", repair="How many of the sign-ups are customers half a year later?")
def _(referrals, orders):
    """You divided by sign-ups. The cheapest sign-up is that of somebody who wants the article for nothing, or does not exist."""
    table = mechanics(referrals, orders)
    cost = table["cost"] / table["sign_ups"]
    return wrong(
        cost.to_dict(),
        shows={f"{name}, sign-ups per buyer": f"{table['sign_ups'][name] / table['buyers'][name]:.1f}" for name in (CUT, "group buy")},
        cost=f"Spring would go to {cost.idxmin()}: 200 buyers who stay would cost {yuan(wasted(referrals, orders, cost.idxmin()))} more than need be.",
    )  # fmt: skip


@per_kept_buyer.mistake("FIRST_ORDER_ONLY", repair="Does each mechanic bring the same kind of buyer?")
def _(referrals, orders):
    """You stopped at the first order. Buyers of one mechanic come back more often than those of another, and the question was
    about those."""
    table = mechanics(referrals, orders)
    gone = table["buyers"] * (1 - table["kept"])
    cost = table["cost"] / table["buyers"]
    return wrong(
        cost.to_dict(),
        shows={
            f"{name}, of 100 buyers stay": f"{100 * table['kept'][name]:.0f}" for name in (CUT, "gift card")
        },
        cost=f"About {count(round(gone[CUT], -1))} buyers of cut price would be booked as customers who stay, at {yuan(cost[CUT])} each, "
        "and do not.",
    )


@per_kept_buyer.mistake("LAG_IMMATURE", repair="Which buyers have had 180 days by the end of the data?")
def _(referrals, orders):
    """You asked everybody whether they came back, also those of last autumn, whose half year is not over. Programmes that ran
    late look worse for no reason of their own."""
    table = mechanics(referrals, orders)
    cost = table["cost"] / table["buyers"] / table["kept_all"]
    late = (table["cost"] * (1 - table["kept_all"] / table["kept"])).sum()
    return wrong(
        cost.to_dict(),
        shows={"last programme of cut price ended": "2025-09-24", "180 days later": "2026-03-23"},
        cost=f"The rewards of late programmes would count as spent for nobody, before their buyers have had the time to stay: about "
        f"{yuan(round(late, -3))} over the four mechanics.",
    )


@per_kept_buyer.mistake("COST_PARTIAL", repair="For whom else, beside the buyers, were rewards paid?")
def _(referrals, orders):
    """You counted the rewards of those who bought. Rewards were paid for every sign-up, and those for the others are gone as well."""
    table, here = mechanics(referrals, orders), signups(referrals)
    part = here[here["first_order_id"].notna()].groupby("mechanic")["reward_cost"].sum()
    return wrong(
        (part / table["buyers"] / table["kept"]).to_dict(),
        shows={f"of 100 sign-ups bought, {name}": count(100 * table["buyers"][name] / table["sign_ups"][name]) for name in (CUT, "gift card")},
        cost=f"{yuan(round(table['cost'].sum() - part.sum(), -3))} of rewards would stand in no plan.",
    )  # fmt: skip


@per_kept_buyer.slip("window")
def _(referrals, orders):
    """You set the rewards of all programmes over the kept of those who had had the time: the late buyers count as lost."""
    table, here = mechanics(referrals, orders), signups(referrals)
    bought = here[here["first_order_id"].notna()]
    order = first_orders(orders).loc[bought["first_order_id"].astype(int)]
    stay = order["kept"].to_numpy() & (order["ordered_at"].to_numpy() < pd.Timestamp(RIPE))
    return (table["cost"] / pd.Series(stay, index=bought.index).groupby(bought["mechanic"]).sum()).to_dict()


per_kept_buyer.hints(
    "What is the programme for? Count that, and charge it with everything that was paid.",
    "Three steps: rewards per buyer; share of buyers kept, of those who had the time; the one over the other.",
    "cost / buyers / kept, by mechanic, with kept measured on first orders before 4 July 2025.",
)


@exercise(
    "M08.10",
    title="Memo: shall we double cut price?",
    kind="memo",
    unit="CNY",
    minutes=(6, 10),
    points=2,
    practises=["R160", "R159"],
    section="The memo",
    selfcheck={
        "line 1": "what a buyer who stays has cost with cut price, in yuan",
        "line 2": "the evidence: another mechanic, rings, or K without them, with a number",
        "line 3": "the ask: who should do what, by when",
    },
)
def memo_cut_price(referrals, orders):
    """The yuan per customer who stays, a comparison, and a request: that is an answer to a question about doubling."""
    return per_kept_buyer.compute(referrals, orders)[CUT]


@memo_cut_price.mistake("GROSS_FOLLOW", repair="What is line 1 divided by?")
def _(referrals, orders):
    """Your first line prices a sign-up. Director Shen would double a programme for phone numbers."""
    table = mechanics(referrals, orders)
    return wrong(
        table.loc[CUT, "cost"] / table.loc[CUT, "sign_ups"],
        shows={"sign-ups": count(table.loc[CUT, "sign_ups"]), "buyers": count(table.loc[CUT, "buyers"])},
        cost=f"Doubled on this line, the programmes would cost another {yuan(table.loc[CUT, 'cost'])}.",
    )


@memo_cut_price.mistake("FIRST_ORDER_ONLY", repair="Is a buyer of line 1 somebody who came back?")
def _(referrals, orders):
    """Your first line prices a first order. About half of these buyers did not order again between day 91 and day 180."""
    table = mechanics(referrals, orders)
    return wrong(
        table.loc[CUT, "cost"] / table.loc[CUT, "buyers"],
        shows={"of 100 buyers stay": f"{100 * table.loc[CUT, 'kept']:.0f}"},
        cost=f"Doubled on this line, another {yuan(table.loc[CUT, 'cost'])} would bring about half as many customers who stay as the line lets expect.",
    )


@memo_cut_price.mistake("NO_ACTION", repair="Who should do what, and by when?")
def _():
    """Your third line asks for nothing. A figure without a request leaves the doubling to whoever speaks loudest."""
    return None


memo_cut_price.hints(
    "Three lines: number, evidence, ask.",
    "Line 1 carries the cost of a buyer who stays; line 2 compares it with another mechanic.",
    "Line 3 begins with a verb: stop, move, screen, test; and says by when.",
)
