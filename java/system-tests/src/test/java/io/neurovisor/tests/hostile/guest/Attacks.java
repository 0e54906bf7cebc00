package io.neurovisor.tests.hostile.guest;

import java.util.List;
import java.util.stream.Stream;

/** The list of all named attacks. */
final class Attacks {
    private Attacks() {}

    static List<Attack> all() {
        return Stream.of(
                        FirstAttacks.all(),
                        FirstAttacks.settingsOf(),
                        FirstAttacks.refreshes(),
                        FrameAttacks.floods(),
                        FrameAttacks.padding(),
                        FrameAttacks.dataOfEndedCalls(),
                        FrameAttacks.impossible(),
                        FrameAttacks.headerBlocks(),
                        AnswerAttacks.silences(),
                        AnswerAttacks.ends(),
                        AnswerAttacks.trailers(),
                        AnswerAttacks.reports(),
                        AnswerAttacks.messages(),
                        OutputAttacks.output(),
                        OutputAttacks.files())
                .flatMap(List::stream)
                .toList();
    }
}
