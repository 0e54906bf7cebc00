package io.neurovisor.tests;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/** No other tests run beside those of this class: they measure the machine, or look at what all of them share. */
@Retention(RetentionPolicy.RUNTIME)
@Tag("alone")
@Target(ElementType.TYPE)
@interface Alone {}
