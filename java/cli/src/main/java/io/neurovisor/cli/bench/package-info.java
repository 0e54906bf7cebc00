/**
 * The command {@code bench} and its subcommands, which run the measurements of {@code io.neurovisor.bench} and print their
 * reports.
 */
@NullMarked
package io.neurovisor.cli.bench;

import org.jspecify.annotations.NullMarked;
