# Four kinds of plots with text in several scripts and formulas, into one picture.
import matplotlib.pyplot as plt
import numpy as np

figure, ((lines, bars), (field, pie)) = plt.subplots(2, 2, figsize=(7, 5), dpi=60)
figure.suptitle("Messwerte — μετρήσεις — измерения")

x = np.linspace(0, 4, 60)
for power in (0.5, 1, 2):
    lines.plot(x, x**power, label=rf"$x^{{{power}}}$")
lines.fill_between(x, x, x**2, alpha=0.2)
lines.annotate("Schnittpunkt", (1, 1), (2, 8), arrowprops={"arrowstyle": "->"})
lines.legend(title="powers", loc="upper left")
lines.set(xlabel="x [m]", ylabel=r"$\sqrt{\frac{a}{b}} + \sum_{i=0}^{n} x_i$")
lines.grid(linestyle=":")

bars.bar(["äpple", "öl", "ñandú"], [3, 5, 2], yerr=[0.3, 0.5, 0.1], color="tab:green", hatch="/")
bars.tick_params(axis="x", rotation=30)
bars.set_yscale("log")

rows, columns = np.mgrid[0:20, 0:20]
picture = field.imshow((rows * columns) % 17, cmap="viridis")
figure.colorbar(picture, ax=field)
field.contour(rows + columns, levels=4, colors="white", linewidths=0.5)

pie.pie([30, 45, 25], labels=["one", "two", "three"], autopct="%1.0f %%", explode=[0, 0.1, 0])
pie.text(0, -1.5, "monospace text", family="monospace", ha="center", weight="bold")

figure.savefig("out/plot.png")
print(figure.get_size_inches(), [text.get_text() for text in lines.get_legend().get_texts()], plt.imread("out/plot.png").shape)
