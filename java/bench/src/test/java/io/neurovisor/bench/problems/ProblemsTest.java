package io.neurovisor.bench.problems;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.time.format.TextStyle;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProblemsTest {
    /** The answers, computed independently of any model. */
    private static final Map<String, Object> SOLUTIONS = Map.ofEntries(
            Map.entry(
                    "multiples",
                    IntStream.range(1, 1000)
                            .filter(n -> n % 3 == 0 || n % 5 == 0)
                            .sum()),
            Map.entry(
                    "primes",
                    IntStream.range(2, 1000).filter(ProblemsTest::isPrime).count()),
            Map.entry("fibonacci", fibonacci().skip(49).findFirst().orElseThrow()),
            Map.entry(
                    "even_fibonacci",
                    fibonacci()
                            .takeWhile(n -> n < 4_000_000)
                            .filter(n -> n % 2 == 0)
                            .mapToLong(n -> n)
                            .sum()),
            Map.entry(
                    "factorial_digits",
                    factorial(20).toString().chars().map(digit -> digit - '0').sum()),
            Map.entry(
                    "factorial_zeros",
                    factorial(100).toString().replaceAll(".*?(0*)$", "$1").length()),
            Map.entry(
                    "palindromes",
                    IntStream.rangeClosed(1, 1000)
                            .filter(n -> new StringBuilder()
                                    .append(n)
                                    .reverse()
                                    .toString()
                                    .equals("" + n))
                            .count()),
            Map.entry(
                    "collatz",
                    Stream.iterate(27L, n -> n != 1, n -> n % 2 == 0 ? n / 2 : 3 * n + 1)
                            .count()),
            Map.entry(
                    "multiple_of_all",
                    IntStream.iterate(2520, n -> n + 2520)
                            .filter(n -> IntStream.rangeClosed(1, 20).allMatch(d -> n % d == 0))
                            .findFirst()
                            .orElseThrow()),
            Map.entry("binary_ones", Integer.bitCount(123_456_789)),
            Map.entry("backwards", new StringBuilder("neurovisor").reverse()),
            Map.entry("sha256", sha256("hello").substring(0, 8)),
            Map.entry("days", ChronoUnit.DAYS.between(LocalDate.of(2024, 1, 1), LocalDate.of(2025, 3, 1))),
            Map.entry(
                    "weekday", LocalDate.of(1776, 7, 4).getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH)),
            Map.entry(
                    "vowels",
                    "the quick brown fox jumps over the lazy dog"
                            .chars()
                            .filter(c -> "aeiou".indexOf(c) >= 0)
                            .count()),
            Map.entry(
                    "perfect",
                    IntStream.range(2, 10_000)
                            .filter(n -> IntStream.rangeClosed(1, n / 2)
                                            .filter(d -> n % d == 0)
                                            .sum()
                                    == n)
                            .sum()),
            Map.entry("power", BigInteger.TWO.pow(100)),
            Map.entry("roman", "MCMXCIV"),
            Map.entry("hexadecimal", Integer.toHexString(48_879)),
            Map.entry("coins", ways(100, new int[] {1, 5, 10, 25, 50})));

    @Test
    void answersAreRight() {
        assertThat(Problems.ALL).hasSize(20);
        assertThat(Problems.ALL.stream().collect(Collectors.toMap(Problem::name, Problem::expected)))
                .isEqualTo(SOLUTIONS.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, entry -> entry.getValue().toString())));
    }

    @Test
    void tasksDoNotContainTheirAnswers() {
        assertThat(Problems.ALL).noneMatch(problem -> problem.isSolvedBy(problem.task()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "233168|The sum is 233,168.|true",
                "233168|**233168**|true",
                "233168|233 168 in all|true",
                "233168|1233168|false",
                "233168|233168.5|false",
                "233168|-233168|false",
                "54|Digits: 2, 4, 3; sum 54!|true",
                "54|540|false",
                "beef|It is 0xBEEF.|true",
                "beef|beefy|false",
                "Thursday|a thursday|true",
                "MCMXCIV|mcmxciv|true",
                "12586269025|12,586,269,025|true",
                "168|There are 168 primes|true",
                "168|There are 1,168|false",
            })
    void answerMustContainTheWholeWord(String expected, String answer, boolean isSolved) {
        assertThat(new Problem("x", "y", expected).isSolvedBy(answer)).isEqualTo(isSolved);
    }

    private static boolean isPrime(int number) {
        return IntStream.rangeClosed(2, (int) Math.sqrt(number)).noneMatch(divisor -> number % divisor == 0);
    }

    private static Stream<Long> fibonacci() {
        return Stream.iterate(new long[] {1, 1}, pair -> new long[] {pair[1], pair[0] + pair[1]})
                .map(pair -> pair[0]);
    }

    private static BigInteger factorial(int number) {
        return IntStream.rangeClosed(1, number)
                .mapToObj(BigInteger::valueOf)
                .reduce(BigInteger.ONE, BigInteger::multiply);
    }

    private static long ways(int sum, int[] coins) {
        long[] ways = new long[sum + 1];
        ways[0] = 1;
        for (int coin : coins) {
            for (int part = coin; part <= sum; part++) {
                ways[part] += ways[part - coin];
            }
        }
        return ways[sum];
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException exception) {
            throw new AssertionError(exception);
        }
    }
}
