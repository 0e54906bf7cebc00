/** The configuration of NeuroVisor. Each record declares the settings of one concern and holds their values. */
@NullMarked
package io.neurovisor.server.config;

import org.jspecify.annotations.NullMarked;
