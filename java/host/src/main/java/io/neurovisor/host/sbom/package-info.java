/** The bill of materials of NeuroVisor itself: its Java libraries, as Maven lists them, and its crates, as Cargo does. */
@NullMarked
package io.neurovisor.host.sbom;

import org.jspecify.annotations.NullMarked;
