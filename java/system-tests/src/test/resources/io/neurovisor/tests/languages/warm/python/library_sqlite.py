# A database in a file and in memory.
import sqlite3

with sqlite3.connect("data.db") as database:
    database.execute("create table city (name text, size integer)")
    database.executemany("insert into city values (?, ?)", [("Köln", 1), ("Berlin", 4)])
    print(database.execute("select name, sum(size) over (order by name) from city").fetchall(), database.total_changes)
database.close()
try:
    sqlite3.connect("file:data.db?mode=ro", uri=True).execute("drop table city")
except sqlite3.OperationalError as error:
    print(error, error.sqlite_errorname)
print(sqlite3.threadsafety, sqlite3.paramstyle)
