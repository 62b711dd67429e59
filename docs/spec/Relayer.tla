------------------------------------------- MODULE Relayer -------------------------------------------
(* How events of one shard get positions and reach Kafka, promise G4 (Sources/EventStore/Outbox).      *)
(*                                                                                                      *)
(* Writers append under the locks of their head rows and commit out of order. Owners compete for the    *)
(* shard by a lease with an epoch; who holds it stamps dense positions on what the outbox has, and      *)
(* publishes. Anything may be slow for as long as it likes: a process that is paused (SIGSTOP) and      *)
(* wakes up later is one whose next step comes after others' steps, so every pause is among the         *)
(* interleavings. Connections are lost with a statement on its way, running, or committed and not       *)
(* answered; what was given to Kafka by a dead producer may still arrive.                               *)
(*                                                                                                      *)
(* docs/spec/README.md says which function is which action. Broken names one rule that is left out;     *)
(* each must make a property fail, or this model proves nothing.                                        *)
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS
    Owners,       \* processes that run a relayer
    Touches,      \* what each writer's event is about: writer -> one practitioner, or two for a move
    BatchSize,    \* outbox rows that one statement takes at most
    MaxFaults,    \* crashes, lost connections and failed producers, altogether
    MaxExpiries,  \* how often the lease expires by the database's clock, or is given back
    Broken        \* the rules that are left out: {} is what is built

Rules == {"fence", "lock before id", "unstamped is outbox", "publish first", "order by id", "new epoch", "gapless",
          "drop applied", "tell by sequence"}
ASSUME Broken \subseteq Rules
Kept(rule) == rule \notin Broken

Writers == DOMAIN Touches

VARIABLES
    phase,       \* of each writer's transaction
    number,      \* event_number, 0 while it is not drawn
    transaction, \* transaction id: drawn early, while the head rows may still be waited for
    commits,     \* writers in the order of their commits
    outbox,      \* rows that are committed and have no position
    stamps,      \* rows of outbox_stamps, with the epoch that the lease had when each was committed
    marked,      \* outbox_acknowledged
    lease,       \* shard_leases
    statements,  \* relay_batch, on their way or running, also those whose client has gone
    mode, held, progress, batch, \* of each owner: what it does, ShardTable, RelayLane.progress, taken but not published
    queue, delivered,              \* of each owner's producer: not yet in the log, highest position that is
    late,        \* what producers that are gone may still deliver
    log,         \* the partition of the topic: positions
    effects,     \* how often each position has changed the consumer's model
    checkpoint,  \* the last position in the consumer's model
    faults, expiries

writing == <<phase, number, transaction, commits>>
local == <<mode, held, progress, batch>>
kafka == <<queue, delivered, late, log, effects, checkpoint>>
vars == <<writing, outbox, stamps, marked, lease, statements, local, kafka, faults, expiries>>

(* ---- rows, positions, orders ---- *)

Max(S) == CHOOSE m \in S : \A other \in S : other <= m
Last(S) == IF S = {} THEN 0 ELSE Max(S)
Range(seq) == {seq[i] : i \in DOMAIN seq}
Positions(from, to) == [i \in 1..(to + 1 - from) |-> from + i - 1]

RowsOf(w) == {<<w, side>> : side \in DOMAIN Touches[w]}   \* a move is one event with two rows
Practitioner(row) == Touches[row[1]][row[2]]
OutboxID(row) == 2 * number[row[1]] + row[2]

Placed == UNION {{[position |-> s.first + i - 1, row |-> s.rows[i]] : i \in DOMAIN s.rows} : s \in stamps}
Stamped == Last({p.position : p \in Placed})

Key(row) == IF Kept("order by id") THEN OutboxID(row) ELSE 2 * transaction[row[1]] + row[2]

RECURSIVE Sorted(_)
Sorted(rows) ==
    IF rows = {} THEN <<>>
    ELSE LET least == CHOOSE r \in rows : \A other \in rows : Key(r) <= Key(other)
         IN <<least>> \o Sorted(rows \ {least})

\* What has no position yet, as a statement sees it.
Unstamped ==
    IF Kept("unstamped is outbox") THEN outbox
    ELSE {r \in outbox : \A p \in Placed : OutboxID(r) > OutboxID(p.row)}

Picked ==
    LET sorted == Sorted(Unstamped)
    IN SubSeq(sorted, 1, IF Len(sorted) < BatchSize THEN Len(sorted) ELSE BatchSize)

NoProgress == [epoch |-> 0, stamped |-> 0, acknowledged |-> 0, noted |-> 0]

Init ==
    /\ phase = [w \in Writers |-> "idle"]
    /\ number = [w \in Writers |-> 0]
    /\ transaction = [w \in Writers |-> 0]
    /\ commits = <<>>
    /\ outbox = {} /\ stamps = {} /\ marked = 0
    /\ lease = [owner |-> "nobody", epoch |-> 0, lives |-> FALSE]
    /\ statements = {}
    /\ mode = [o \in Owners |-> "looking"]
    /\ held = [o \in Owners |-> 0]
    /\ progress = [o \in Owners |-> NoProgress]
    /\ batch = [o \in Owners |-> <<>>]
    /\ queue = [o \in Owners |-> <<>>]
    /\ delivered = [o \in Owners |-> 0]
    /\ late = {} /\ log = <<>>
    /\ effects = <<>> /\ checkpoint = 0
    /\ faults = 0 /\ expiries = 0

(* ---- writers: EventAppend in a transaction of a command handler ---- *)

unchangedByWriters == <<stamps, marked, lease, statements, local, kafka, faults, expiries>>

Next1(drawn) == Max({drawn[w] : w \in Writers} \cup {0}) + 1
DrawsEarly == ~Kept("lock before id") \/ ~Kept("order by id")

\* Only where something is drawn before the locks does it matter when a transaction begins.
Begin(w) ==
    /\ DrawsEarly /\ phase[w] = "idle"
    /\ phase' = [phase EXCEPT ![w] = "begun"]
    /\ transaction' = [transaction EXCEPT ![w] = Next1(transaction)]
    /\ number' = IF Kept("lock before id") THEN number ELSE [number EXCEPT ![w] = Next1(number)]
    /\ UNCHANGED <<commits, outbox, unchangedByWriters>>

HoldsHeads(w) == phase[w] = "appended"

\* Locks the head rows, decides, and draws the number under their locks; nobody sees anything of it in between.
AppendEvents(w) ==
    /\ phase[w] = (IF DrawsEarly THEN "begun" ELSE "idle")
    /\ \A other \in Writers \ {w} : HoldsHeads(other) => Range(Touches[other]) \cap Range(Touches[w]) = {}
    /\ phase' = [phase EXCEPT ![w] = "appended"]
    /\ number' = IF Kept("lock before id") THEN [number EXCEPT ![w] = Next1(number)] ELSE number
    /\ UNCHANGED <<transaction, commits, outbox, unchangedByWriters>>

Commit(w) ==
    /\ phase[w] = "appended"
    /\ phase' = [phase EXCEPT ![w] = "committed"]
    /\ commits' = Append(commits, w)
    /\ outbox' = outbox \cup RowsOf(w)
    /\ UNCHANGED <<number, transaction, unchangedByWriters>>

RollBack(w) ==  \* its number is never used again, and leaves no gap in the positions
    /\ phase[w] = "appended"
    /\ phase' = [phase EXCEPT ![w] = "rolled back"]
    /\ UNCHANGED <<number, transaction, commits, outbox, unchangedByWriters>>

(* ---- the lease: ShardLeases, ShardTable ---- *)

databaseButLease == <<outbox, stamps, marked>>

\* A statement that runs holds the lock of the lease row, unless the epoch is only checked.
LeaseIsLocked == Kept("fence") /\ \E s \in statements : s.phase = "running"
Owns(o, epoch) == lease.owner = o /\ lease.epoch = epoch /\ lease.lives

Expire ==  \* the database's clock passes expires_at before the owner renews
    /\ lease.lives /\ expiries < MaxExpiries
    /\ lease' = [lease EXCEPT !.lives = FALSE]
    /\ expiries' = expiries + 1
    /\ UNCHANGED <<writing, databaseButLease, statements, local, kafka, faults>>

Acquire(o) ==
    /\ mode[o] = "looking" /\ ~lease.lives /\ ~LeaseIsLocked
    /\ lease' = [owner |-> o, epoch |-> lease.epoch + 1, lives |-> TRUE]
    /\ \/ /\ mode' = [mode EXCEPT ![o] = "acquired"]
          /\ held' = [held EXCEPT ![o] = lease.epoch + 1]
          /\ UNCHANGED faults
       \/ /\ faults < MaxFaults /\ faults' = faults + 1   \* committed, and the answer is lost
          /\ UNCHANGED <<mode, held>>
    /\ UNCHANGED <<writing, databaseButLease, statements, progress, batch, kafka, expiries>>

\* Renewing in time changes nothing here; too late, the table forgets the shard. The lane learns of it when it adopts.
Renew(o) ==
    /\ held[o] > 0 /\ ~Owns(o, held[o]) /\ ~LeaseIsLocked
    /\ held' = [held EXCEPT ![o] = 0]
    /\ UNCHANGED <<writing, databaseButLease, lease, statements, mode, progress, batch, kafka, faults, expiries>>

OnItsWay(o) == \E s \in statements : s.client = o

Adopt(o) ==  \* the lane drops what the table does not have any more
    /\ mode[o] \in {"acquired", "draining"} /\ ~OnItsWay(o) /\ batch[o] = <<>>
    /\ IF mode[o] = "acquired" THEN held[o] = 0 ELSE held[o] # progress[o].epoch
    /\ mode' = [mode EXCEPT ![o] = IF held[o] = 0 THEN "looking" ELSE "acquired"]
    /\ progress' = [progress EXCEPT ![o] = NoProgress]
    /\ UNCHANGED <<writing, databaseButLease, lease, statements, held, batch, kafka, faults, expiries>>

Release(o) ==  \* a stop, or a fair share: all is settled as far as it will be, and the lease ends now
    /\ mode[o] = "draining" /\ ~OnItsWay(o) /\ batch[o] = <<>> /\ expiries < MaxExpiries
    /\ held[o] = progress[o].epoch
    /\ IF lease.owner = o /\ lease.epoch = held[o] /\ ~LeaseIsLocked
       THEN /\ lease' = [lease EXCEPT !.owner = "nobody", !.lives = FALSE]
            /\ marked' = Max({marked, progress[o].acknowledged})
       ELSE UNCHANGED <<lease, marked>>
    /\ mode' = [mode EXCEPT ![o] = "looking"]
    /\ held' = [held EXCEPT ![o] = 0]
    /\ progress' = [progress EXCEPT ![o] = NoProgress]
    /\ expiries' = expiries + 1
    /\ UNCHANGED <<writing, outbox, stamps, statements, batch, kafka, faults>>

(* ---- draining: RelayLane ---- *)

\* Reads the heads, and publishes what is stamped and not marked, before anything is stamped anew.
TakeOver(o) ==
    LET owed == Positions(marked + 1, Stamped) IN
    /\ mode[o] = "acquired" /\ held[o] > 0
    /\ progress' = [progress EXCEPT ![o] =
                      [epoch |-> held[o], stamped |-> Stamped, acknowledged |-> marked, noted |-> marked]]
    /\ IF Kept("publish first")
       THEN /\ queue' = [queue EXCEPT ![o] = @ \o owed]
            /\ mode' = [mode EXCEPT ![o] = "republishing"]
            /\ UNCHANGED batch
       ELSE /\ batch' = [batch EXCEPT ![o] = owed]
            /\ mode' = [mode EXCEPT ![o] = "draining"]
            /\ UNCHANGED queue
    /\ UNCHANGED <<writing, databaseButLease, lease, statements, held, delivered, late, log, effects, checkpoint,
                   faults, expiries>>

Republished(o) ==
    /\ mode[o] = "republishing" /\ queue[o] = <<>>
    /\ mode' = [mode EXCEPT ![o] = "draining"]
    /\ progress' = [progress EXCEPT ![o].acknowledged = Max({@, progress[o].stamped})]
    /\ UNCHANGED <<writing, databaseButLease, lease, statements, held, batch, kafka, faults, expiries>>

\* The next statement is sent before the batch of the one before is published.
SendRelayBatch(o) ==
    /\ mode[o] = "draining" /\ held[o] = progress[o].epoch /\ ~OnItsWay(o)
    /\ Unstamped # {} \/ progress[o].acknowledged > progress[o].noted
    /\ statements' = statements \cup
         {[client |-> o, owner |-> o, epoch |-> progress[o].epoch, last |-> progress[o].stamped,
           mark |-> progress[o].acknowledged, phase |-> "sent", rows |-> <<>>]}
    /\ UNCHANGED <<writing, databaseButLease, lease, local, kafka, faults, expiries>>

Moved(s, to, rows) ==  \* an answer to a client that has gone is nothing
    (statements \ {s}) \cup
        (IF s.client = "gone" /\ to \in {"held", "lost"} THEN {} ELSE {[s EXCEPT !.phase = to, !.rows = rows]})

\* In the server: takes its snapshot and, where the lease is still this owner's in this epoch, locks it until its end.
RelayBatchLocks(s) ==
    /\ s.phase = "sent" /\ ~LeaseIsLocked
    /\ IF Owns(s.owner, s.epoch) /\ \A stamp \in stamps : stamp.first <= s.last
       THEN statements' = Moved(s, "running", Picked)
       ELSE statements' = Moved(s, "lost", <<>>)
    /\ UNCHANGED <<writing, databaseButLease, lease, local, kafka, faults, expiries>>

\* Deleting, stamping and marking are one transaction. The key of outbox_stamps refuses a second first position.
RelayBatchCommits(s) ==
    LET rows == SelectSeq(s.rows, LAMBDA r : r \in outbox)
        clashes == \E stamp \in stamps : stamp.first = s.last + 1
    IN
    /\ s.phase = "running"
    /\ IF rows # <<>> /\ clashes
       THEN /\ statements' = Moved(s, "lost", <<>>)
            /\ UNCHANGED databaseButLease
       ELSE /\ statements' = Moved(s, "held", rows)
            /\ outbox' = outbox \ Range(rows)
            /\ stamps' = IF rows = <<>> THEN stamps ELSE stamps \cup
                           {[first |-> s.last + 1, rows |-> rows, epoch |-> s.epoch, fence |-> lease.epoch]}
            /\ marked' = Max({marked, s.mark})
    /\ UNCHANGED <<writing, lease, local, kafka, faults, expiries>>

\* Reads the answer: the positions that were given, or that the shard is somebody else's.
Take(o, s) ==
    LET positions == Positions(s.last + 1, s.last + Len(s.rows)) IN
    /\ s.client = o /\ s.phase \in {"held", "lost"}
    /\ batch[o] = <<>> \/ ~Kept("publish first")
    /\ statements' = statements \ {s}
    /\ IF s.phase = "held"
       THEN /\ batch' = [batch EXCEPT ![o] = positions \o @]
            /\ progress' = [progress EXCEPT ![o].stamped = s.last + Len(s.rows), ![o].noted = s.mark]
            /\ UNCHANGED <<mode, held>>
       ELSE /\ held' = [held EXCEPT ![o] = IF @ = s.epoch THEN 0 ELSE @]
            /\ mode' = [mode EXCEPT ![o] = IF held'[o] = 0 THEN "looking" ELSE "acquired"]
            /\ progress' = [progress EXCEPT ![o] = NoProgress]
            /\ UNCHANGED batch
    /\ UNCHANGED <<writing, databaseButLease, lease, kafka, faults, expiries>>

Publish(o) ==
    /\ batch[o] # <<>>
    /\ queue' = [queue EXCEPT ![o] = @ \o batch[o]]
    /\ batch' = [batch EXCEPT ![o] = <<>>]
    /\ UNCHANGED <<writing, databaseButLease, lease, statements, mode, held, progress, delivered, late, log, effects,
                   checkpoint, faults, expiries>>

Settle(o) ==  \* Kafka's acknowledgements, in the order of publication
    /\ mode[o] = "draining" /\ delivered[o] > progress[o].acknowledged
    /\ progress' = [progress EXCEPT ![o].acknowledged = delivered[o]]
    /\ UNCHANGED <<writing, databaseButLease, lease, statements, mode, held, batch, kafka, faults, expiries>>

(* ---- failures ---- *)

\* The process, its connection or its producer ends. The server does not know: a statement that was sent goes on.
Forgets(o) ==
    /\ faults < MaxFaults /\ faults' = faults + 1
    /\ statements' = {IF s.client = o THEN [s EXCEPT !.client = "gone"] ELSE s :
                         s \in {s \in statements : ~(s.client = o /\ s.phase \in {"held", "lost"})}}
    /\ progress' = [progress EXCEPT ![o] = NoProgress]
    /\ batch' = [batch EXCEPT ![o] = <<>>]
    /\ queue' = [queue EXCEPT ![o] = <<>>]
    /\ delivered' = [delivered EXCEPT ![o] = 0]
    /\ late' = IF queue[o] = <<>> THEN late ELSE late \cup {queue[o]}
    /\ UNCHANGED <<writing, databaseButLease, lease, log, effects, checkpoint, expiries>>

Crash(o) ==  \* and starts again, knowing nothing
    /\ mode[o] # "looking" \/ queue[o] # <<>>
    /\ Forgets(o)
    /\ mode' = [mode EXCEPT ![o] = "looking"]
    /\ held' = [held EXCEPT ![o] = 0]

Recover(o) ==  \* a lost connection, a COMMIT of unknown outcome, a delivery that failed
    /\ mode[o] \in {"acquired", "republishing", "draining"}
    /\ Forgets(o)
    /\ mode' = [mode EXCEPT ![o] = "recovering"]
    /\ UNCHANGED held

\* The second half of recover: a new epoch fences off what may still be running, or the shard is somebody else's.
Advance(o) ==
    /\ mode[o] = "recovering" /\ ~LeaseIsLocked
    /\ \/ /\ held[o] > 0 /\ Owns(o, held[o])
          /\ lease' = IF Kept("new epoch") THEN [lease EXCEPT !.epoch = @ + 1] ELSE lease
          /\ \/ /\ held' = [held EXCEPT ![o] = lease'.epoch]
                /\ mode' = [mode EXCEPT ![o] = "acquired"]
                /\ UNCHANGED faults
             \/ /\ faults < MaxFaults /\ faults' = faults + 1   \* committed, and the answer is lost
                /\ held' = [held EXCEPT ![o] = 0]
                /\ mode' = [mode EXCEPT ![o] = "looking"]
       \/ /\ ~(held[o] > 0 /\ Owns(o, held[o]))
          /\ held' = [held EXCEPT ![o] = 0]
          /\ mode' = [mode EXCEPT ![o] = "looking"]
          /\ UNCHANGED <<lease, faults>>
    /\ UNCHANGED <<writing, databaseButLease, statements, progress, batch, kafka, expiries>>

RelayBatchRollsBack(s) ==  \* the server notices that its client has gone
    /\ s.client = "gone" /\ s.phase \in {"sent", "running"}
    /\ statements' = statements \ {s}
    /\ UNCHANGED <<writing, databaseButLease, lease, local, kafka, faults, expiries>>

(* ---- Kafka and a consumer: SequenceGate ---- *)

\* What one record does to a consumer that keeps up: what was applied is dropped, the next one goes in, a jump stops it.
EventOf(position) == (CHOOSE p \in Placed : p.position = position).row[1]

Passes(position) ==
    /\ IF /\ position = checkpoint + 1 \/ (position <= checkpoint /\ ~Kept("drop applied"))
          /\ Kept("tell by sequence") \/ \A p \in DOMAIN effects : EventOf(p) # EventOf(position)
       THEN effects' = [p \in DOMAIN effects \cup {position} |-> IF p = position
                           THEN 1 + (IF p \in DOMAIN effects THEN effects[p] ELSE 0) ELSE effects[p]]
       ELSE UNCHANGED effects
    /\ checkpoint' = IF position = checkpoint + 1 THEN position ELSE checkpoint

Arrives(position) == log' = Append(log, position) /\ Passes(position)

Deliver(o) ==
    /\ queue[o] # <<>>
    /\ Arrives(Head(queue[o]))
    /\ queue' = [queue EXCEPT ![o] = Tail(@)]
    /\ delivered' = [delivered EXCEPT ![o] = Max({@, Head(queue[o])})]
    /\ UNCHANGED <<writing, databaseButLease, lease, statements, local, late, faults, expiries>>

GiveUp(o) ==  \* not what librdkafka does with enable.gapless.guarantee and message.timeout.ms = 0
    /\ ~Kept("gapless") /\ Len(queue[o]) > 1 /\ faults < MaxFaults
    /\ faults' = faults + 1
    /\ queue' = [queue EXCEPT ![o] = Tail(@)]
    /\ UNCHANGED <<writing, databaseButLease, lease, statements, local, delivered, late, log, effects, checkpoint,
                   expiries>>

DeliverLate(records) ==  \* in order, too
    /\ Arrives(Head(records))
    /\ late' = (late \ {records}) \cup (IF Len(records) = 1 THEN {} ELSE {Tail(records)})
    /\ UNCHANGED <<writing, databaseButLease, lease, statements, local, queue, delivered, faults, expiries>>

(* ---- all together ---- *)

Write == \E w \in Writers : Begin(w) \/ AppendEvents(w) \/ Commit(w) \/ RollBack(w)
Serve == \E s \in statements : RelayBatchLocks(s) \/ RelayBatchCommits(s) \/ RelayBatchRollsBack(s)
Drain(o) ==
    \/ TakeOver(o) \/ Republished(o) \/ SendRelayBatch(o) \/ Publish(o) \/ Settle(o) \/ Deliver(o)
    \/ \E s \in statements : Take(o, s)
Lead(o) == Acquire(o) \/ Renew(o) \/ Adopt(o) \/ Advance(o)
Fail == Expire \/ (\E o \in Owners : Crash(o) \/ Recover(o) \/ Release(o) \/ GiveUp(o))
        \/ (\E records \in late : DeliverLate(records))

Next == Write \/ Serve \/ (\E o \in Owners : Drain(o) \/ Lead(o)) \/ Fail

Spec == Init /\ [][Next]_vars

\* What is needed for anything to get on: transactions end, the server works, no owner sleeps for ever, a lease whose
\* owner has gone runs out.
Abandoned == lease.lives /\ ~\E o \in Owners : held[o] = lease.epoch /\ lease.owner = o
ExpireAbandoned ==
    /\ Abandoned
    /\ lease' = [lease EXCEPT !.lives = FALSE]
    /\ UNCHANGED <<writing, databaseButLease, statements, local, kafka, faults, expiries>>
LiveSpec ==
    /\ Init /\ [][Next \/ ExpireAbandoned]_vars
    /\ WF_vars(ExpireAbandoned)
    /\ \A w \in Writers : WF_vars(Commit(w) \/ RollBack(w))
    /\ WF_vars(Serve)
    /\ \A o \in Owners : WF_vars(Drain(o)) /\ WF_vars(Lead(o))

(* ---- what is promised ---- *)

Committed == UNION {RowsOf(w) : w \in Range(commits)}
InLog(row) == \E p \in Placed : p.row = row /\ p.position \in Range(log)

\* Positions are 1, 2, 3 …, each given once, and no row has two.
Dense ==
    /\ {p.position : p \in Placed} = 1..Cardinality(Placed)
    /\ Cardinality({p.row : p \in Placed}) = Cardinality(Placed)

\* Of one practitioner, what was committed later has a later position, and has none while the earlier one has none.
InCommitOrder ==
    \A i, j \in DOMAIN commits : i < j =>
        \A first \in RowsOf(commits[i]), second \in RowsOf(commits[j]) :
            Practitioner(first) = Practitioner(second) =>
                \A p \in Placed : p.row = second => \E q \in Placed : q.row = first /\ q.position < p.position

NoStampByFencedOwner == \A s \in stamps : s.epoch = s.fence

\* Whoever reads the log from its start meets each position before the one after it: nobody has to stop.
NoHoleInLog == \A i \in DOMAIN log : log[i] <= 1 + Last({log[j] : j \in 1..(i - 1)})

\* What is marked as acknowledged nobody will publish again: it must be there.
NoHoleForGood == \A position \in 1..marked : position \in Range(log)

NoEffectTwice == \A position \in DOMAIN effects : effects[position] = 1

\* When an owner has nothing left to do, everything that was committed is in the log and has had its effect.
PublishedAtRest ==
    (/\ statements = {} /\ Unstamped = {} /\ \A w \in Writers : ~HoldsHeads(w)
     /\ \E o \in Owners : /\ mode[o] = "draining" /\ held[o] = progress[o].epoch /\ Owns(o, held[o])
                          /\ batch[o] = <<>> /\ queue[o] = <<>>)
    => /\ \A row \in Committed : InLog(row)
       /\ \A p \in Placed : p.position \in DOMAIN effects

\* Every committed event is published at least once, and its effect is there.
EveryEventIsPublished ==
    \A w \in Writers : phase[w] = "committed" ~> (\A row \in RowsOf(w) : InLog(row) /\ checkpoint = Last(Range(log)))

\* Not a promise: says that fenced owners do try. Must fail, or the model never shows a pause and a wake-up.
NoFencedOwnerTries == \A s \in statements : s.epoch = lease.epoch

(* ---- small worlds ---- *)

One == [only |-> <<"p">>]
OneMove == [move |-> <<"p", "q">>]
TwoOfOne == [first |-> <<"p">>, second |-> <<"p">>]
TwoApart == [first |-> <<"p">>, other |-> <<"q">>]
SameInOtherNames == Permutations(Owners)
\* Of the log only this decides what can happen next and whether a property holds; so fewer states are kept.
Essence == <<writing, outbox, stamps, marked, lease, statements, local, queue, delivered, late, Range(log), NoHoleInLog,
             effects, checkpoint, faults, expiries>>
=======================================================================================================
