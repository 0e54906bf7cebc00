/** Fakes and the contract tests that fakes and real things both pass. For tests only. */
@NullMarked
package io.neurovisor.testkit;

import org.jspecify.annotations.NullMarked;
