package vmm.simulation;

/**
 * The death of a replica at some point of its work: unwinds what it was doing, so that none of it
 * goes on.
 */
final class Crash extends Error {
    Crash(String point) {
        super(point, null, false, false);
    }
}
