/** Commands of the launcher, each executed as a user would execute it. */
@NullMarked
package io.neurovisor.tests.commandline;

import org.jspecify.annotations.NullMarked;
