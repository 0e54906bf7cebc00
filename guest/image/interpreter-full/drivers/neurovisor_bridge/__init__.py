"""The parts of the driver of Jupyter kernels."""
