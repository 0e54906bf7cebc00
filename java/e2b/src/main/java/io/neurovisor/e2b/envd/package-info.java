/** Processes and files of a sandbox, as the program envd of E2B serves them. */
@NullMarked
package io.neurovisor.e2b.envd;

import org.jspecify.annotations.NullMarked;
