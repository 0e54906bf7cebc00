/** The bill of materials of NeuroVisor itself: its Java libraries from Maven and its crates from Cargo. */
@NullMarked
package io.neurovisor.host.sbom;

import org.jspecify.annotations.NullMarked;
