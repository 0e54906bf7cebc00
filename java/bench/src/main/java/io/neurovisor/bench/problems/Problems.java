package io.neurovisor.bench.problems;

import java.util.List;

/** The problems. Each can be solved by one short program and is hard to guess. */
public final class Problems {
    private static final String HOW = " Run a program to find out, then answer with the result.";

    public static final List<Problem> ALL = List.of(
            problem("multiples", "What is the sum of all multiples of 3 or 5 below 1000?", "233168"),
            problem("primes", "How many prime numbers are there below 1000?", "168"),
            problem("fibonacci", "What is the 50th Fibonacci number, when the first two are 1 and 1?", "12586269025"),
            problem("even_fibonacci", "What is the sum of the even Fibonacci numbers below four million?", "4613732"),
            problem("factorial_digits", "What is the sum of the decimal digits of 20 factorial?", "54"),
            problem("factorial_zeros", "With how many zeros does the decimal form of 100 factorial end?", "24"),
            problem("palindromes", "How many numbers from 1 to 1000 read the same backwards?", "108"),
            problem("collatz", "How many Collatz steps lead from 27 to 1?", "111"),
            problem(
                    "multiple_of_all",
                    "What is the smallest number that 1, 2, 3 and so on to 20 all divide?",
                    "232792560"),
            problem("binary_ones", "How many ones are in the binary form of 123456789?", "16"),
            problem("backwards", "What is the word neurovisor spelled backwards?", "rosivoruen"),
            problem(
                    "sha256",
                    "What are the first eight hexadecimal digits of the SHA-256 of the text hello?",
                    "2cf24dba"),
            problem("days", "How many days are there from 1 January 2024 to 1 March 2025?", "425"),
            problem("weekday", "Which day of the week was 4 July 1776?", "Thursday"),
            problem("vowels", "How many vowels are in: the quick brown fox jumps over the lazy dog?", "11"),
            problem("perfect", "What is the sum of all perfect numbers below 10000?", "8658"),
            problem("power", "What is 2 to the power of 100, in full?", "1267650600228229401496703205376"),
            problem("roman", "What is 1994 in Roman numerals?", "MCMXCIV"),
            problem("hexadecimal", "What is 48879 in hexadecimal?", "beef"),
            problem("coins", "In how many ways do coins of 1, 5, 10, 25 and 50 make 100?", "292"));

    private Problems() {}

    public static List<String> names() {
        return ALL.stream().map(Problem::name).toList();
    }

    private static Problem problem(String name, String question, String expected) {
        return new Problem(name, question + HOW, expected);
    }
}
