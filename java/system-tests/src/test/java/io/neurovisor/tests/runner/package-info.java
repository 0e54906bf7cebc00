/** JUnit extensions, tags and listeners of the system tests. The tests here keep setup/tests.tsv and SPECIFICATION.md complete. */
@NullMarked
package io.neurovisor.tests.runner;

import org.jspecify.annotations.NullMarked;
