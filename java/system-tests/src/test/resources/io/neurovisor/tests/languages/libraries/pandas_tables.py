# Tables: read, cleaned, grouped, merged, turned, resampled, described and printed.
import io

import numpy as np
import pandas as pd

SALES = """day,city,product,pieces,price
2026-01-05,Köln,tea,12,3.50
2026-01-05,Berlin,coffee,7,5.25
2026-01-12,Berlin,tea,,3.60
2026-02-02,Łódź,coffee,20,4.95
2026-02-09,Köln,coffee,3,5.10
2026-03-02,Łódź,tea,15,3.20
2026-03-09,Berlin,coffee,9,5.40
"""
CITIES = pd.DataFrame({"city": ["Berlin", "Köln", "Wien"], "people": [3_769_000, 1_087_000, 2_002_000]})

sales = pd.read_csv(io.StringIO(SALES), parse_dates=["day"])
sales["pieces"] = sales["pieces"].fillna(sales["pieces"].median()).astype(int)
sales["total"] = sales["pieces"] * sales["price"]
print(sales, sales.dtypes, sep="\n\n")
print(sales.groupby(["city", "product"])["total"].agg(["count", "mean", "sum"]).round(2))
print(sales.merge(CITIES, on="city", how="outer", indicator=True).sort_values(["city", "day"]).to_string())
print(sales.pivot_table(index="city", columns="product", values="pieces", aggfunc="sum", margins=True, fill_value=0))
print(sales.set_index("day").resample("MS")["total"].sum())
print(sales.describe(include="all").to_string())
print(pd.get_dummies(sales["product"]).corr(), pd.cut(sales["pieces"], [0, 5, 10, 20]).value_counts(), sep="\n")
print(sales["total"].rolling(3).mean().round(3).tolist(), sales["city"].str.normalize("NFD").str.len().tolist())
wide = pd.DataFrame(np.arange(60).reshape(3, 20), columns=[f"column {number}" for number in range(20)])
print(wide, wide.T.head(3), sep="\n")
sales.to_csv("out/sales.csv", index=False)
sales.to_json("out/sales.json", orient="records", date_format="iso", force_ascii=False)
try:
    sales["missing"]
except KeyError as error:
    print("KeyError:", error)
