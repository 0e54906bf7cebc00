# Arrays, linear algebra and seeded random numbers.
import numpy

print(numpy.arange(12).reshape(3, 4).T)
generator = numpy.random.default_rng(7)
matrix = generator.integers(0, 10, (3, 3))
print(matrix, round(float(numpy.linalg.det(matrix)), 6), numpy.fft.fft([1, 0, 0, 0]))
numpy.random.seed(3)
print(numpy.random.rand(2), numpy.random.get_state()[2], numpy.get_printoptions()["precision"], numpy.geterr())
print(repr(numpy.array([1.0, numpy.nan, 1e-20])), numpy.float32(0.1), numpy.array(["ü", "b"]).dtype)
print(numpy.array([1]) / numpy.array([0]))
