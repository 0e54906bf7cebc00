/** The commands for snapshots of sandboxes, and for templates that are made of them. */
@NullMarked
package io.neurovisor.cli.sandbox.snapshot;

import org.jspecify.annotations.NullMarked;
