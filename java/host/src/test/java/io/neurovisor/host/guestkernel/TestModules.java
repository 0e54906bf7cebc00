package io.neurovisor.host.guestkernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Minimal kernel modules: an ELF header, a .modinfo section, the section names, the section table. */
final class TestModules {
    private static final int HEADER = 64;
    private static final int SECTION = 64;

    private TestModules() {}

    static byte[] elf(String modinfo) {
        byte[] information = modinfo.getBytes(StandardCharsets.UTF_8);
        byte[] names = "\0.modinfo\0.shstrtab\0".getBytes(StandardCharsets.UTF_8);
        int namesAt = HEADER + information.length;
        int tableAt = namesAt + names.length;
        ByteBuffer elf = ByteBuffer.allocate(tableAt + 3 * SECTION).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(0, new byte[] {0x7f, 'E', 'L', 'F'});
        elf.putLong(0x28, tableAt);
        elf.putShort(0x3a, (short) SECTION);
        elf.putShort(0x3c, (short) 3);
        elf.putShort(0x3e, (short) 2);
        elf.put(HEADER, information);
        elf.put(namesAt, names);
        section(elf, tableAt + SECTION, 1, HEADER, information.length);
        section(elf, tableAt + 2 * SECTION, 10, namesAt, names.length);
        return elf.array();
    }

    private static void section(ByteBuffer elf, int at, int name, int offset, int size) {
        elf.putInt(at, name);
        elf.putLong(at + 0x18, offset);
        elf.putLong(at + 0x20, size);
    }
}
