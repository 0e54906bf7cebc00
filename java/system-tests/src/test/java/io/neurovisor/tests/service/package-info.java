/** The daemon as its clients see it: calls, faults, settings and long runs. */
@NullMarked
package io.neurovisor.tests.service;

import org.jspecify.annotations.NullMarked;
