package io.neurovisor.testkit.interpreter;

import io.neurovisor.engine.interpreter.GuestInterpreter;

final class FakeInterpreterTest extends GuestInterpreterContract {
    private final FakeInterpreter interpreter = new FakeInterpreter(() -> {});

    @Override
    protected GuestInterpreter interpreter() {
        return interpreter;
    }
}
