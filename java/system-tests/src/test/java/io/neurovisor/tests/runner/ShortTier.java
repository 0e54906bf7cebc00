package io.neurovisor.tests.runner;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Marks the most telling case of a promise that needs a real machine. {@code ./neurovisor test} runs these cases, and the long tier
 * runs all cases.
 */
@Retention(RetentionPolicy.RUNTIME)
@Tag("short")
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface ShortTier {}
