package io.neurovisor.host.guestkernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The {@code .modinfo} section of a kernel module's ELF file. A package that was unpacked without being installed has
 * no modules.dep, so dependencies are read from the modules.
 *
 * @param name the kernel's name, with underscores
 * @param dependencies the names of modules that must be loaded before it
 */
record KernelModule(String name, List<String> dependencies) {
    private static final int ELF_HEADER_BYTES = 64;
    private static final int ELF_MAGIC = 0x464c457f;
    private static final int SECTION_TABLE = 0x28;
    private static final int SECTION_BYTES = 0x3a;
    private static final int SECTION_COUNT = 0x3c;
    private static final int NAMES_SECTION = 0x3e;
    private static final int OFFSET_IN_SECTION = 0x18;
    private static final int SIZE_IN_SECTION = 0x20;

    KernelModule {
        dependencies = List.copyOf(dependencies);
    }

    /** Returns the name with underscores, as the kernel uses it; file names contain dashes or underscores. */
    static String canonical(String name) {
        return name.replace('-', '_');
    }

    static KernelModule parse(String name, byte[] elf) throws IOException {
        try {
            String information = modinfo(ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN));
            List<String> dependencies = Pattern.compile("\0")
                    .splitAsStream(information)
                    .filter(entry -> entry.startsWith("depends="))
                    .map(entry -> entry.substring("depends=".length()))
                    .flatMap(list -> Stream.of(list.split(",", -1)))
                    .filter(dependency -> !dependency.isEmpty())
                    .map(KernelModule::canonical)
                    .toList();
            return new KernelModule(canonical(name), dependencies);
        } catch (IndexOutOfBoundsException truncated) {
            throw new IOException("Kernel module %s is truncated".formatted(name), truncated);
        }
    }

    private static String modinfo(ByteBuffer elf) throws IOException {
        if (elf.limit() < ELF_HEADER_BYTES || elf.getInt(0) != ELF_MAGIC) {
            throw new IOException("A kernel module is not an ELF file");
        }
        long table = elf.getLong(SECTION_TABLE);
        int bytes = Short.toUnsignedInt(elf.getShort(SECTION_BYTES));
        int count = Short.toUnsignedInt(elf.getShort(SECTION_COUNT));
        if (table < ELF_HEADER_BYTES || table + (long) bytes * count > elf.limit()) {
            throw new IndexOutOfBoundsException(table);
        }
        long names = table + (long) bytes * Short.toUnsignedInt(elf.getShort(NAMES_SECTION));
        byte[] nameTable = section(elf, Math.toIntExact(names));
        for (int i = 0; i < count; i++) {
            int header = Math.toIntExact(table + (long) bytes * i);
            if (nameAt(nameTable, elf.getInt(header)).equals(Optional.of(".modinfo"))) {
                return new String(section(elf, header), StandardCharsets.UTF_8);
            }
        }
        throw new IOException("A kernel module has no .modinfo section");
    }

    private static byte[] section(ByteBuffer elf, int header) {
        int offset = Math.toIntExact(elf.getLong(header + OFFSET_IN_SECTION));
        int size = Math.toIntExact(elf.getLong(header + SIZE_IN_SECTION));
        if (offset < 0 || size < 0 || offset > elf.limit() - size) {
            throw new IndexOutOfBoundsException(offset);
        }
        byte[] content = new byte[size];
        elf.get(offset, content);
        return content;
    }

    private static Optional<String> nameAt(byte[] table, int offset) {
        int end = offset;
        while (end >= 0 && end < table.length && table[end] != 0) {
            end++;
        }
        return end > offset && offset >= 0
                ? Optional.of(new String(table, offset, end - offset, StandardCharsets.UTF_8))
                : Optional.empty();
    }
}
