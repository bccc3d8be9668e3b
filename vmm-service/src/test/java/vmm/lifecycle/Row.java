package vmm.lifecycle;

import org.jspecify.annotations.Nullable;

import vmm.vm.Vm;
import vmm.vm.Vm.CreateResult;
import vmm.vm.VmReason;
import vmm.vm.VmState;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/** A VM to be, with what a row of its state usually has. */
record Row(
        VmState state,
        @Nullable VmReason reason,
        Instant created,
        @Nullable Instant sent,
        @Nullable CreateResult answer,
        @Nullable String instance,
        @Nullable Instant seen,
        @Nullable Instant absent,
        @Nullable Instant deleteSent,
        @Nullable Instant guestReady,
        @Nullable Instant restartAsked,
        boolean held) {

    static final Instant LATELY = Instant.parse("2026-03-02T11:59:55Z");
    static final UUID ID = new UUID(0x0195_0000_0000_7000L, 0x8000_0000_0000_0001L);

    static Row of(VmState state) {
        boolean made = state != VmState.REQUESTED;
        return new Row(
                state,
                null,
                LATELY,
                made ? LATELY : null,
                made ? CreateResult.ACCEPTED : null,
                made ? "i-1" : null,
                made ? LATELY : null,
                null,
                null,
                null,
                null,
                false);
    }

    Row because(VmReason why) {
        return new Row(
                state,
                why,
                created,
                sent,
                answer,
                instance,
                seen,
                absent,
                deleteSent,
                guestReady,
                restartAsked,
                held);
    }

    Row sent(@Nullable Instant at, @Nullable CreateResult how) {
        return new Row(
                state,
                reason,
                at == null ? created : at,
                at,
                how,
                instance,
                seen,
                absent,
                deleteSent,
                guestReady,
                restartAsked,
                held);
    }

    Row created(Instant at) {
        return new Row(
                state,
                reason,
                at,
                sent,
                answer,
                instance,
                seen,
                absent,
                deleteSent,
                guestReady,
                restartAsked,
                held);
    }

    Row neverSeen() {
        return new Row(
                state,
                reason,
                created,
                sent,
                answer,
                instance,
                null,
                absent,
                deleteSent,
                guestReady,
                restartAsked,
                held);
    }

    Row unnamed() {
        return new Row(
                state,
                reason,
                created,
                sent,
                answer,
                null,
                null,
                absent,
                deleteSent,
                guestReady,
                restartAsked,
                held);
    }

    Row missedAt(Instant at) {
        return new Row(
                state,
                reason,
                created,
                sent,
                answer,
                instance,
                seen,
                at,
                deleteSent,
                guestReady,
                restartAsked,
                held);
    }

    Row askedToGoAt(Instant at) {
        return new Row(
                state,
                reason,
                created,
                sent,
                answer,
                instance,
                seen,
                absent,
                at,
                guestReady,
                restartAsked,
                held);
    }

    Row reported() {
        return new Row(
                state,
                reason,
                created,
                sent,
                answer,
                instance,
                seen,
                absent,
                deleteSent,
                LATELY,
                restartAsked,
                held);
    }

    Row hold() {
        return new Row(
                state,
                reason,
                created,
                sent,
                answer,
                instance,
                seen,
                absent,
                deleteSent,
                guestReady,
                restartAsked,
                true);
    }

    Row askedToRestart() {
        return new Row(
                state,
                reason,
                created,
                sent,
                answer,
                instance,
                seen,
                absent,
                deleteSent,
                guestReady,
                LATELY,
                held);
    }

    Vm vm() {
        return new Vm(
                ID,
                1,
                "pool",
                "harwell",
                "image",
                "m1",
                null,
                Map.of(),
                state,
                LATELY,
                reason,
                created,
                3,
                sent,
                1,
                answer,
                instance,
                null,
                null,
                seen,
                absent,
                deleteSent,
                guestReady,
                restartAsked,
                null,
                held);
    }
}
