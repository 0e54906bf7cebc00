package io.neurovisor.engine.vm;

/**
 * The program and the processor on which saved device state depends.
 *
 * @param name {@code qemu} or {@code firecracker}
 * @param accelerator {@code kvm}, or {@code tcg} for emulation, which is not a security boundary
 * @param cpu the guest's processor, as far as it depends on this host
 * @param machine the devices and boot arguments of the guest; the saved state of one machine cannot be loaded into
 *     another
 */
public record VmmIdentity(String name, String version, String accelerator, String cpu, String machine) {
    /** Returns a text such as {@code qemu 10.0.2 (tcg)}. */
    @Override
    public String toString() {
        return name + " " + version + " (" + accelerator + ")";
    }
}
