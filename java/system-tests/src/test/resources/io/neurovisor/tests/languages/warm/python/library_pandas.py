# Tables are printed alike, with the same width and options.
# @file data.csv
# | city,day,value
# | Berlin,2026-01-01,1.5
# | Köln,2026-01-02,
# | Berlin,2026-01-03,3.25
import pandas

table = pandas.read_csv("data.csv", parse_dates=["day"])
print(table)
print(table.groupby("city")["value"].agg(["count", "mean"]))
table.info(memory_usage=False)
print(pandas.get_option("display.width"), pandas.get_option("display.max_columns"), pandas.options.mode.copy_on_write)
print(pandas.concat([table.assign(**{f"column{number}": number}) for number in range(3)]).head(4))
