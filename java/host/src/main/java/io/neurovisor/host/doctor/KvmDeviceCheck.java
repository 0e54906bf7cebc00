package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.probe.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;

/** Checks whether this user may use {@code /dev/kvm}. Whether it boots guests is a separate check. */
record KvmDeviceCheck(HostFiles files, String user) implements Check {
    private static final String NAME = "kvm-device";
    private static final String DEVICE = "/dev/kvm";

    KvmDeviceCheck {
        requireNonNull(files, "files is null");
        requireNonNull(user, "user is null");
    }

    @Override
    public Finding examine() {
        if (!files.exists(DEVICE)) {
            return Finding.warn(NAME, DEVICE + " does not exist", "sudo modprobe kvm_intel || sudo modprobe kvm_amd");
        }
        Path device = files.path(DEVICE);
        String owner = owner(device);
        if (Files.isReadable(device) && Files.isWritable(device)) {
            return Finding.pass(NAME, DEVICE + owner + " is open to " + user);
        }
        return Finding.warn(
                NAME,
                DEVICE + owner + " is closed to " + user,
                "sudo chgrp kvm " + DEVICE + " && sudo chmod 660 " + DEVICE + " && sudo usermod -aG kvm " + user
                        + ", then log in again");
    }

    private static String owner(Path device) {
        try {
            return " (group "
                    + Files.readAttributes(device, PosixFileAttributes.class)
                            .group()
                            .getName() + ")";
        } catch (IOException | UnsupportedOperationException unknown) {
            return "";
        }
    }
}
