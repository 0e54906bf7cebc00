# A picture, as pixels, and where plots are drawn to.
import hashlib
import os

import matplotlib
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(3, 2), dpi=80)
axes.plot([0, 1, 2], [1, 3, 2], label="värde")
axes.set_title("Warm")
axes.legend()
os.mkdir("out")
figure.savefig("out/plot.png")
figure.canvas.draw()
print(matplotlib.get_backend().lower(), plt.get_fignums(), hashlib.sha256(figure.canvas.buffer_rgba()).hexdigest())
print(plt.imread("out/plot.png").shape, matplotlib.rcParams["font.family"], matplotlib.is_interactive())
