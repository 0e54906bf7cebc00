/**
 * The command {@code bench} and its subcommands. They translate options into measurements of {@code
 * io.neurovisor.bench} and print the reports.
 */
@NullMarked
package io.neurovisor.cli.bench;

import org.jspecify.annotations.NullMarked;
