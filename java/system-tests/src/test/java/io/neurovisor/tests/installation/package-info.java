/** The container image, the systemd unit and the lab machine. */
@NullMarked
package io.neurovisor.tests.installation;

import org.jspecify.annotations.NullMarked;
