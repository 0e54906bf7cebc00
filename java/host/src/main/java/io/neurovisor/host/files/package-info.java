/** Files that only their owner may change: atomic writes, locks between processes, digests, disk space. The store, the templates and the databases are built on it. */
@NullMarked
package io.neurovisor.host.files;

import org.jspecify.annotations.NullMarked;
