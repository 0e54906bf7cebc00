/** Fakes of the ports of the engine, and the contract tests that fakes and real implementations both pass. Shared by all modules. */
@NullMarked
package io.neurovisor.testkit;

import org.jspecify.annotations.NullMarked;
