"""What Heyu sells: about 40 articles, none of them formula for infants."""

import numpy as np
import pandas as pd

# category, zh, en, from month, to month, list price, share of cost, popularity, launched
ROWS = [
    ("diapers", "初生纸尿裤 NB 72片", "Diapers newborn 72", -2, 2, 99, 0.50, 3.0, "2021-03-01"),
    ("diapers", "柔薄纸尿裤 S 66片", "Thin diapers S 66", 0, 5, 109, 0.50, 4.0, "2021-03-01"),
    ("diapers", "柔薄纸尿裤 M 60片", "Thin diapers M 60", 3, 12, 119, 0.50, 5.0, "2021-03-01"),
    ("diapers", "柔薄纸尿裤 L 54片", "Thin diapers L 54", 8, 22, 119, 0.50, 5.0, "2021-03-01"),
    ("diapers", "拉拉裤 L 48片", "Pull-ups L 48", 9, 26, 125, 0.50, 4.0, "2021-09-01"),
    ("diapers", "拉拉裤 XL 42片", "Pull-ups XL 42", 15, 34, 129, 0.50, 4.0, "2021-09-01"),
    ("diapers", "夜用拉拉裤 XXL 36片", "Night pull-ups XXL 36", 20, 42, 135, 0.50, 2.0, "2022-06-01"),
    ("diapers", "云柔纸尿裤 M 囤货箱", "Cloud diapers M stock-up box", 3, 14, 329, 0.51, 1.5, "2023-05-10"),
    ("diapers", "云柔拉拉裤 L 囤货箱", "Cloud pull-ups L stock-up box", 8, 30, 345, 0.51, 1.5, "2023-05-10"),
    ("diapers", "游泳纸尿裤 3片", "Swim diapers 3", 4, 40, 29, 0.40, 0.4, "2024-04-15"),
    ("wipes", "手口湿巾 80抽x5", "Hand and mouth wipes 80 x 5", -2, 60, 49, 0.46, 4.0, "2021-03-01"),
    ("wipes", "加厚棉柔巾 100抽x6", "Cotton tissues 100 x 6", -4, 60, 69, 0.48, 3.5, "2021-03-01"),
    ("wipes", "云柔湿厕纸 40抽x8", "Moist toilet paper 40 x 8", 18, 60, 59, 0.45, 1.0, "2022-10-01"),
    ("wipes", "婴儿酒精棉片 50片", "Alcohol pads 50", -4, 60, 25, 0.36, 0.6, "2022-03-01"),
    ("wipes", "便携湿巾 10抽x16", "Travel wipes 10 x 16", 0, 60, 45, 0.45, 1.2, "2023-02-20"),
    ("skin care", "婴儿面霜 50g", "Baby face cream 50 g", 0, 60, 89, 0.33, 2.0, "2021-06-01"),
    ("skin care", "婴儿润肤乳 200ml", "Baby lotion 200 ml", 0, 60, 99, 0.34, 2.0, "2021-06-01"),
    ("skin care", "护臀膏 60g", "Nappy balm 60 g", 0, 30, 59, 0.30, 2.0, "2021-06-01"),
    ("skin care", "洗发沐浴二合一 400ml", "Wash two in one 400 ml", 0, 60, 79, 0.33, 1.8, "2021-06-01"),
    ("skin care", "儿童防晒 50ml", "Children's sunscreen 50 ml", 6, 72, 119, 0.34, 0.8, "2023-04-01"),
    ("skin care", "按摩油 120ml", "Massage oil 120 ml", -1, 24, 85, 0.32, 0.7, "2022-03-01"),
    ("bottles", "玻璃奶瓶 160ml", "Glass bottle 160 ml", -3, 6, 119, 0.40, 1.8, "2021-09-01"),
    ("bottles", "PPSU奶瓶 240ml", "PPSU bottle 240 ml", 1, 18, 159, 0.41, 1.8, "2021-09-01"),
    ("bottles", "奶嘴 M 3只", "Teats M 3", 2, 14, 49, 0.32, 1.0, "2021-09-01"),
    ("bottles", "吸管杯 300ml", "Straw cup 300 ml", 8, 48, 99, 0.38, 1.4, "2022-04-01"),
    ("bottles", "奶瓶清洗剂 500ml", "Bottle wash 500 ml", -2, 30, 45, 0.38, 1.2, "2021-09-01"),
    ("bottles", "恒温热奶器", "Bottle warmer", -3, 12, 269, 0.50, 0.5, "2024-03-05"),
    ("complementary food", "原味米粉 225g", "Rice cereal plain 225 g", 6, 14, 79, 0.46, 2.2, "2021-12-01"),
    ("complementary food", "高铁米粉 225g", "Rice cereal with iron 225 g", 6, 18, 89, 0.46, 2.0, "2021-12-01"),
    ("complementary food", "果泥 100g x6", "Fruit puree 100 g x 6", 6, 36, 69, 0.50, 2.0, "2022-04-01"),
    ("complementary food", "溶豆 18g x3", "Yoghurt melts 18 g x 3", 10, 40, 79, 0.48, 1.6, "2022-04-01"),
    ("complementary food", "手指泡芙 60g x3", "Puffs 60 g x 3", 9, 40, 59, 0.47, 1.5, "2022-09-01"),
    ("complementary food", "儿童面条 200g x4", "Children's noodles 200 g x 4", 9, 60, 75, 0.49, 1.4, "2022-09-01"),
    ("complementary food", "鳕鱼肠 6支", "Cod sausages 6", 14, 60, 65, 0.50, 1.2, "2024-08-20"),
    ("maternity", "待产包 26件", "Hospital bag 26 pieces", -9, 0, 399, 0.52, 1.6, "2021-06-01"),
    ("maternity", "产褥垫 10片", "Maternity pads 10", -6, 1, 39, 0.40, 1.4, "2021-06-01"),
    ("maternity", "孕妇护肤套装", "Skin care set for mothers", -9, 6, 289, 0.36, 1.0, "2021-12-01"),
    ("maternity", "哺乳内衣 2件", "Nursing bras 2", -6, 12, 159, 0.42, 1.2, "2022-02-01"),
    ("maternity", "防溢乳垫 100片", "Nursing pads 100", -3, 10, 49, 0.38, 1.5, "2021-06-01"),
    ("maternity", "孕妇枕", "Pregnancy pillow", -9, 0, 189, 0.45, 0.7, "2023-09-12"),
]  # fmt: skip
CODES = {
    "diapers": "D",
    "wipes": "W",
    "skin care": "S",
    "bottles": "B",
    "complementary food": "F",
    "maternity": "M",
}
DIAPERS_FIRST = 1.8  # Heyu is known for diapers
AGES = np.arange(-10, 97)  # months of the child's age at which the weights below are tabulated


def table():
    """The products table, one row per SKU."""
    columns = [
        "category",
        "name_zh",
        "name_en",
        "from_month",
        "to_month",
        "list_price",
        "cost_share",
        "_",
        "launched_on",
    ]
    frame = pd.DataFrame(ROWS, columns=columns)
    within = frame.groupby("category").cumcount() + 1
    frame["sku"] = "HY-" + frame["category"].map(CODES) + within.map("{:02d}".format)
    frame["list_price"] = frame["list_price"].astype(float)
    frame["unit_cost"] = (frame["list_price"] * frame["cost_share"] * 1.075).round(2)
    frame["launched_on"] = pd.to_datetime(frame["launched_on"])
    order = [
        "sku",
        "name_zh",
        "name_en",
        "category",
        "from_month",
        "to_month",
        "list_price",
        "unit_cost",
        "launched_on",
    ]
    return frame[order]


def weights():
    """How much a parent wants each SKU at each age of the child: shape (ages, SKUs).

    Inside an article's age range the wish is full, two months outside it is a tenth, later a trace: people also buy
    for relatives. Diapers end with the child's third year.
    """
    first, last = (np.array([row[i] for row in ROWS]) for i in (3, 4))
    popular = np.array([row[7] * (DIAPERS_FIRST if row[0] == "diapers" else 1) for row in ROWS])
    outside = np.maximum(0, np.maximum(first - AGES[:, None], AGES[:, None] - last))
    return popular * np.where(outside == 0, 1.0, np.where(outside <= 2, 0.1, 0.004))
