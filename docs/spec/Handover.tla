------------------------------------------- MODULE Handover ------------------------------------------
(* How a read model is built anew beside live projection and handed to the readers, promises G5, G6, G7 *)
(* (Sources/Projections/Runner, Epochs and Rebuild).                                                    *)
(*                                                                                                      *)
(* One partition of one topic. Events have the positions 1, 2, 3 …; each belongs to one page. A rebuild *)
(* reads the end of the log, then folds a snapshot of the store into the pages of a shadow epoch, then  *)
(* follows the log. Lanes of live projection write the served epoch all the while, adopt the shadow and *)
(* say so; a swap relies on their word. Lanes and rebuild crash anywhere; a lane that was replaced may  *)
(* sleep and wake up with what it had read before. The log loses its oldest records. A process that     *)
(* answers readers follows a swap some time later.                                                      *)
(*                                                                                                      *)
(* docs/spec/README.md says which function is which action. Broken names the rules that are left out.   *)
EXTENDS Naturals, FiniteSets

CONSTANTS
    Events,          \* how many are stamped in the end
    MaxLanes,        \* how often a lane begins, the first one included
    MaxCrashes,      \* of the rebuild, and failures of a lane to write an epoch that is not served
    MaxTruncations,  \* of the log
    MaxSwaps,
    MaxFlushes,      \* how often a page is lost: Redis was emptied, or part of it
    Broken

Rules == {"ends first", "exactly the next", "fold all again", "never clamp", "page guard", "word", "unserved first",
          "word after its start", "readers first", "compare", "proved", "withdraw first", "tail stops first",
          "drop waits", "keeps its offsets", "never makes a page"}
ASSUME Broken \subseteq Rules
Kept(rule) == rule \notin Broken

Old == 1     \* the epoch that is served at first
Shadow == 2  \* the epoch that is built
Epochs == {Old, Shadow}
Pages == {"x", "y"}
PageOf(event) == IF event % 2 = 1 THEN "x" ELSE "y"
EventsOf(page, upTo) == {i \in 1..upTo : PageOf(i) = page}
Nothing == 0

VARIABLES
    stamped, published, low,   \* the store's last position; the log holds low..published
    pages,       \* epoch -> page -> does it exist, sequence in its header, what went into it
    checkpoint,  \* epoch -> does it exist, sequence
    twice,       \* whether an event went into a page a second time
    served, fence, state, asked, words, generation,   \* the registry: projection_models, _epochs, _adoptions, _lanes
    lanes,       \* generation -> what the lane that began with it knows; all of them may be alive
    rebuild,     \* its own checkpoint and what it knows
    swap,        \* a swap that somebody has begun
    known,       \* the epoch that a process answers its readers from
    crashes, truncations, flushes

store == <<stamped, published, low>>
model == <<pages, checkpoint, twice>>
registry == <<served, fence, state, asked, words, generation>>
budgets == <<crashes, truncations, flushes>>
vars == <<store, model, registry, lanes, rebuild, swap, known, budgets>>

Max(a, b) == IF a > b THEN a ELSE b

NoPage == [exists |-> FALSE, seen |-> 0, events |-> {}]
EmptyPage == [NoPage EXCEPT !.exists = TRUE]
NoCheckpoint == [exists |-> FALSE, sequence |-> 0]
NoWord == [generation |-> Nothing, fence |-> Nothing]
NoSwap == [to |-> Nothing, fence |-> Nothing, generation |-> Nothing]
NoRebuild == [stage |-> "none", ends |-> 0, last |-> 0, folded |-> {}, next |-> 1]
NoLane == [served |-> Nothing, fence |-> Nothing, members |-> {}, at |-> 0, batch |-> 0, heads |-> 0, folds |-> 0]

Init ==
    /\ stamped = 0 /\ published = 0 /\ low = 1
    /\ pages = [e \in Epochs |-> [p \in Pages |-> IF e = Old THEN EmptyPage ELSE NoPage]]
    /\ checkpoint = [e \in Epochs |-> [NoCheckpoint EXCEPT !.exists = e = Old]]
    /\ twice = FALSE
    /\ served = Old /\ fence = 1 /\ generation = 0
    /\ state = [e \in Epochs |-> IF e = Old THEN "served" ELSE "none"]
    /\ asked = {} /\ words = [e \in Epochs |-> NoWord]
    /\ lanes = [g \in 1..MaxLanes |-> NoLane]
    /\ rebuild = NoRebuild /\ swap = NoSwap
    /\ known = Old
    /\ crashes = 0 /\ truncations = 0 /\ flushes = 0

(* ---- the store and the log ---- *)

Stamp ==
    /\ stamped < Events /\ stamped' = stamped + 1
    /\ UNCHANGED <<published, low, model, registry, lanes, rebuild, swap, known, budgets>>

Publish ==
    /\ published < stamped /\ published' = published + 1
    /\ UNCHANGED <<stamped, low, model, registry, lanes, rebuild, swap, known, budgets>>

Truncate ==
    /\ truncations < MaxTruncations /\ low <= published
    /\ truncations' = truncations + 1
    /\ low' = published + 1
    /\ UNCHANGED <<stamped, published, model, registry, lanes, rebuild, swap, known, crashes, flushes>>

\* A page is gone, and the checkpoint is not: readers are told that nobody knows.
Flush(e, page) ==
    /\ flushes < MaxFlushes /\ pages[e][page].exists
    /\ flushes' = flushes + 1
    /\ pages' = [pages EXCEPT ![e][page] = NoPage]
    /\ UNCHANGED <<store, checkpoint, twice, registry, lanes, rebuild, swap, known, crashes, truncations>>

(* ---- what everybody does who writes an epoch: ProjectionModel ---- *)

\* An event never makes a page, and goes into one only if the page has seen less.
IsWritten(e, i) == pages[e][PageOf(i)].seen >= i
WritesEvent(e, i) ==
    LET page == pages[e][PageOf(i)] IN
    /\ page.exists \/ ~Kept("never makes a page")
    /\ page.seen < i \/ (~Kept("page guard") /\ page.seen = i)
    /\ pages' = [pages EXCEPT ![e][PageOf(i)] = [exists |-> TRUE, seen |-> i, events |-> @.events \cup {i}]]
    /\ twice' = (twice \/ i \in page.events)

\* Of a batch any part may be in already, the events of one page in their order.
Writable(e, i) ==
    /\ checkpoint[e].exists /\ i > checkpoint[e].sequence
    /\ \A before \in EventsOf(PageOf(i), i - 1) : before > checkpoint[e].sequence => IsWritten(e, before)

\* The checkpoint is written after the pages.
AdvancesCheckpoint(e) ==
    LET next == checkpoint[e].sequence + 1 IN
    /\ checkpoint[e].exists /\ next <= published /\ IsWritten(e, next)
    /\ checkpoint' = [checkpoint EXCEPT ![e].sequence = next]

\* A whole page from a fold of everything up to `last`, unless the page is as new.
FoldsPage(e, page, last) ==
    pages' = IF pages[e][page].exists /\ pages[e][page].seen >= last /\ last > 0 THEN pages
             ELSE [pages EXCEPT ![e][page] = [exists |-> TRUE, seen |-> last, events |-> EventsOf(page, last)]]

(* ---- the rebuild ---- *)

CreateShadow ==
    /\ state[Shadow] = "none"
    /\ state' = [state EXCEPT ![Shadow] = "building"]
    /\ rebuild' = [NoRebuild EXCEPT !.stage = "begun"]
    /\ UNCHANGED <<store, model, served, fence, asked, words, generation, lanes, swap, known, budgets>>

\* What it reads first and second is kept with the shadow, so that a resumed rebuild goes on with it.
ReadEnds ==
    /\ rebuild.stage = (IF Kept("ends first") THEN "begun" ELSE "snapshot")
    /\ rebuild' = [rebuild EXCEPT !.ends = published, !.next = published + 1,
                                  !.stage = IF Kept("ends first") THEN "ends" ELSE "folding"]
    /\ UNCHANGED <<store, model, registry, lanes, swap, known, budgets>>

OpenSnapshot ==
    /\ rebuild.stage = (IF Kept("ends first") THEN "ends" ELSE "begun")
    /\ rebuild' = [rebuild EXCEPT !.last = stamped, !.stage = IF Kept("ends first") THEN "folding" ELSE "snapshot"]
    /\ UNCHANGED <<store, model, registry, lanes, swap, known, budgets>>

FoldPage(page) ==
    /\ rebuild.stage = "folding" /\ page \notin rebuild.folded
    /\ FoldsPage(Shadow, page, rebuild.last)
    /\ rebuild' = [rebuild EXCEPT !.folded = @ \cup {page}]
    /\ UNCHANGED <<store, checkpoint, twice, registry, lanes, swap, known, budgets>>

EndFold ==
    /\ rebuild.stage = "folding" /\ rebuild.folded = Pages
    /\ checkpoint' = [checkpoint EXCEPT ![Shadow] = [exists |-> TRUE, sequence |-> rebuild.last]]
    /\ rebuild' = [rebuild EXCEPT !.stage = "tailing"]
    /\ state' = [state EXCEPT ![Shadow] = IF @ = "building" THEN "tailing" ELSE @]
    /\ UNCHANGED <<store, pages, twice, served, fence, asked, words, generation, lanes, swap, known, budgets>>

Follows == rebuild.stage = "tailing" /\ state[Shadow] = "tailing"

\* What is in already is dropped; what comes next goes in, first into its page and then into the checkpoint.
TailDrops ==
    /\ Follows /\ rebuild.next \in low..published /\ rebuild.next <= checkpoint[Shadow].sequence
    /\ rebuild' = [rebuild EXCEPT !.next = @ + 1]
    /\ UNCHANGED <<store, model, registry, lanes, swap, known, budgets>>

TailWrites ==
    /\ Follows /\ rebuild.next \in low..published
    /\ rebuild.next = checkpoint[Shadow].sequence + 1 \/ ~Kept("exactly the next")
    /\ WritesEvent(Shadow, rebuild.next)
    /\ UNCHANGED <<store, checkpoint, registry, lanes, rebuild, swap, known, budgets>>

TailAdvances ==
    /\ Follows /\ rebuild.next \in low..published
    /\ IF Kept("exactly the next") THEN rebuild.next = checkpoint[Shadow].sequence + 1 /\ AdvancesCheckpoint(Shadow)
       ELSE /\ rebuild.next > checkpoint[Shadow].sequence /\ IsWritten(Shadow, rebuild.next)
            /\ checkpoint' = [checkpoint EXCEPT ![Shadow].sequence = rebuild.next]
    /\ UNCHANGED <<store, pages, twice, registry, lanes, rebuild, swap, known, budgets>>

\* The log lacks what comes next: it jumps, or it has lost it. The store has it: everything begins again.
Jumps == \/ /\ rebuild.next \in low..published /\ rebuild.next > checkpoint[Shadow].sequence + 1
            /\ Kept("exactly the next")
         \/ rebuild.next < low /\ checkpoint[Shadow].sequence + 1 < low
TailStartsAgain ==
    /\ Follows /\ Jumps
    /\ IF Kept("never clamp")
       THEN /\ rebuild' = [NoRebuild EXCEPT !.stage = "begun"]
            /\ UNCHANGED checkpoint
       ELSE /\ rebuild' = [rebuild EXCEPT !.next = low]
            /\ checkpoint' = [checkpoint EXCEPT ![Shadow].sequence = low - 1]
    /\ UNCHANGED <<store, pages, twice, registry, lanes, swap, known, budgets>>

\* kill -9, and begun again: it reads from the offsets that were kept with the epoch. What was not folded whole is
\* folded again from a newer snapshot, with its newer P, and then every page is: one of the older P would lack events.
Resume ==
    LET ends == IF Kept("keeps its offsets") THEN rebuild.ends ELSE published IN
    /\ rebuild.stage \in {"ends", "snapshot", "folding", "tailing"} /\ state[Shadow] \in {"building", "tailing"}
    /\ crashes < MaxCrashes /\ crashes' = crashes + 1
    /\ rebuild' = [rebuild EXCEPT !.ends = ends, !.next = ends + 1,
                                  !.last = IF rebuild.stage = "folding" THEN stamped ELSE @,
                                  !.folded = IF Kept("fold all again") /\ rebuild.stage = "folding" THEN {} ELSE @]
    /\ UNCHANGED <<store, model, registry, lanes, swap, known, truncations, flushes>>

SkipTruncated ==  \* what is gone was in already
    /\ Follows /\ rebuild.next < low /\ checkpoint[Shadow].sequence + 1 >= low
    /\ rebuild' = [rebuild EXCEPT !.next = low]
    /\ UNCHANGED <<store, model, registry, lanes, swap, known, budgets>>

\* Nothing is left to follow: the rebuild's own writer ends, with the event that it is at, before lanes are asked to
\* write the epoch. Beside them it would bring the epoch ahead of them, and readers, until a rollback takes that back.
StopTail ==
    /\ Follows /\ Kept("tail stops first")
    /\ rebuild.next > checkpoint[Shadow].sequence
    /\ ~(rebuild.next <= published /\ IsWritten(Shadow, rebuild.next))
    /\ rebuild' = [rebuild EXCEPT !.stage = "stopped"]
    /\ UNCHANGED <<store, model, registry, lanes, swap, known, budgets>>

HasFollowed == state[Shadow] = "tailing" /\ rebuild.stage = (IF Kept("tail stops first") THEN "stopped" ELSE "tailing")

RequestAdoption ==
    /\ HasFollowed /\ Shadow \notin asked /\ Kept("word")
    /\ asked' = asked \cup {Shadow}
    /\ UNCHANGED <<store, model, served, fence, state, words, generation, lanes, rebuild, swap, known, budgets>>

HasWord(e) == words[e] = [generation |-> generation, fence |-> fence]

\* All that its checkpoint says is there.
IsFold(e) == \A page \in Pages : \A i \in EventsOf(page, checkpoint[e].sequence) : i \in pages[e][page].events

MakeReady ==
    /\ HasFollowed
    /\ HasWord(Shadow) \/ ~Kept("word")
    /\ state' = [state EXCEPT ![Shadow] = "ready"]
    /\ UNCHANGED <<store, model, served, fence, asked, words, generation, lanes, rebuild, swap, known, budgets>>

(* ---- lanes of live projection ---- *)

Current(g) == g = generation /\ g > 0
Lanes == 1..generation
IsWanted(e) == e \in asked /\ state[e] \in {"tailing", "ready", "kept"}
IsBetweenBatches(g) == lanes[g].batch = 0 /\ lanes[g].folds = 0
LogLacks(sequence) == sequence + 1 < low
LacksPage(e) == \E page \in Pages : ~pages[e][page].exists

\* A new process, a rebalance, a crash: the lane before is gone, or asleep. Where the log lacks what comes next, or a
\* page is gone, the lane builds the served epoch anew.
BeginLane ==
    /\ generation < MaxLanes
    /\ generation' = generation + 1
    /\ lanes' = [lanes EXCEPT ![generation + 1] =
                   [NoLane EXCEPT !.served = served, !.fence = fence, !.at = checkpoint[served].sequence,
                                  !.heads = stamped,
                                  !.folds = IF LogLacks(checkpoint[served].sequence) \/ LacksPage(served)
                                            THEN stamped ELSE 0]]
    /\ UNCHANGED <<store, model, served, fence, state, asked, words, rebuild, swap, known, budgets>>

LaneFoldsPage(g, page) ==
    /\ lanes[g].folds > 0 /\ pages[lanes[g].served][page].seen < lanes[g].folds
    /\ FoldsPage(lanes[g].served, page, lanes[g].folds)
    /\ UNCHANGED <<store, checkpoint, twice, registry, lanes, rebuild, swap, known, budgets>>

LaneEndsFold(g) ==
    LET e == lanes[g].served IN
    /\ lanes[g].folds > 0 /\ \A page \in Pages : pages[e][page].seen >= lanes[g].folds
    /\ checkpoint' = [checkpoint EXCEPT ![e].sequence = lanes[g].folds]
    /\ lanes' = [lanes EXCEPT ![g].folds = 0, ![g].at = lanes[g].folds]
    /\ UNCHANGED <<store, pages, twice, registry, rebuild, swap, known, budgets>>

\* Between two batches a lane learns of a swap and turns its order round; but what a swap took from the readers is no
\* member yet while somebody may still be answered from it. A lane that was replaced learns that instead.
ReadersAreLeaving(e) == Kept("readers first") /\ state[e] = "kept" /\ known = e
TakeNote(g) ==
    LET wanted == {e \in Epochs : IsWanted(e)}
        turned == IF lanes[g].served = served THEN lanes[g].members
                  ELSE (lanes[g].members \cup {lanes[g].served}) \ {served}
        lane == [lanes[g] EXCEPT !.served = served, !.fence = fence,
                                 !.members = {e \in turned \cap wanted : ~ReadersAreLeaving(e)}]
    IN
    /\ Current(g) /\ IsBetweenBatches(g) /\ lane # lanes[g]
    /\ served \in lanes[g].members \cup {lanes[g].served}   \* else it begins anew
    /\ lanes' = [lanes EXCEPT ![g] = lane]
    /\ UNCHANGED <<store, model, registry, rebuild, swap, known, budgets>>

TakeBatch(g) ==
    /\ Current(g) /\ IsBetweenBatches(g) /\ lanes[g].at < published /\ ~LogLacks(lanes[g].at)
    /\ lanes' = [lanes EXCEPT ![g].batch = published]
    /\ UNCHANGED <<store, model, registry, rebuild, swap, known, budgets>>

\* From here on the lane may sleep, and write its batch long after it was replaced. Of each epoch it writes what that
\* one lacks: the members first.
IsTurnOf(g, e) ==
    \/ e \in lanes[g].members
    \/ /\ e = lanes[g].served
       /\ Kept("unserved first") => \A other \in lanes[g].members : checkpoint[other].sequence >= lanes[g].batch

LaneWrites(g, e, i) ==
    /\ IsTurnOf(g, e) /\ i \in (lanes[g].at + 1)..lanes[g].batch
    /\ Writable(e, i) /\ WritesEvent(e, i)
    /\ UNCHANGED <<store, checkpoint, registry, lanes, rebuild, swap, known, budgets>>

LaneAdvances(g, e) ==
    /\ IsTurnOf(g, e) /\ checkpoint[e].sequence < lanes[g].batch /\ AdvancesCheckpoint(e)
    /\ UNCHANGED <<store, pages, twice, registry, lanes, rebuild, swap, known, budgets>>

EndBatch(g) ==
    /\ lanes[g].batch > 0 /\ \A e \in lanes[g].members \cup {lanes[g].served} : checkpoint[e].sequence >= lanes[g].batch
    /\ lanes' = [lanes EXCEPT ![g].at = lanes[g].batch, ![g].batch = 0]
    /\ UNCHANGED <<store, model, registry, rebuild, swap, known, budgets>>

\* Adopting: what the epoch lacks comes from the store, beside the batches; then it joins, between two of them.
CatchesUp(g, e) == Current(g) /\ IsWanted(e) /\ e # lanes[g].served /\ e \notin lanes[g].members
CatchUpWrites(g, e) ==
    /\ CatchesUp(g, e) /\ checkpoint[e].exists /\ checkpoint[e].sequence < lanes[g].at
    /\ WritesEvent(e, checkpoint[e].sequence + 1)
    /\ UNCHANGED <<store, checkpoint, registry, lanes, rebuild, swap, known, budgets>>

CatchUpAdvances(g, e) ==
    /\ CatchesUp(g, e) /\ checkpoint[e].sequence < lanes[g].at
    /\ AdvancesCheckpoint(e)
    /\ UNCHANGED <<store, pages, twice, registry, lanes, rebuild, swap, known, budgets>>

Join(g, e) ==
    /\ CatchesUp(g, e) /\ IsBetweenBatches(g) /\ ~ReadersAreLeaving(e)
    /\ checkpoint[e].exists /\ checkpoint[e].sequence >= lanes[g].at
    /\ lanes' = [lanes EXCEPT ![g].members = @ \cup {e}]
    /\ UNCHANGED <<store, model, registry, rebuild, swap, known, budgets>>

\* From here on it writes the epoch before the served one. What a lane before it may have written of the served epoch
\* without that, and shown to readers, was stamped when this lane began.
GiveWord(g, e) ==
    /\ Current(g) /\ IsBetweenBatches(g) /\ e \in lanes[g].members /\ e \in asked
    /\ words[e] # [generation |-> g, fence |-> lanes[g].fence]
    /\ Kept("word after its start") => lanes[g].at >= lanes[g].heads
    /\ words' = [words EXCEPT ![e] = [generation |-> g, fence |-> lanes[g].fence]]
    /\ UNCHANGED <<store, model, served, fence, state, asked, generation, lanes, rebuild, swap, known, budgets>>

\* It fails to write a member, and leaves it behind, so that the served epoch can go on: first it takes its word back. A
\* swap that was faster makes it begin anew.
Withdraw(g, e) ==
    /\ Current(g) /\ e \in lanes[g].members /\ e # served /\ crashes < MaxCrashes
    /\ crashes' = crashes + 1
    /\ words' = IF Kept("withdraw first") THEN [words EXCEPT ![e] = NoWord] ELSE words
    /\ lanes' = [lanes EXCEPT ![g].members = @ \ {e}]
    /\ UNCHANGED <<store, model, served, fence, state, asked, generation, rebuild, swap, known, truncations, flushes>>

LetGo(g, e) ==
    /\ Current(g) /\ e \in asked /\ state[e] = "dropping" /\ e \notin lanes[g].members \cup {lanes[g].served}
    /\ asked' = asked \ {e}
    /\ words' = [words EXCEPT ![e] = NoWord]
    /\ UNCHANGED <<store, model, served, fence, state, generation, lanes, rebuild, swap, known, budgets>>

(* ---- swap, rollback, drop ---- *)

MayBeServed(e) ==
    /\ e # served
    /\ state[e] \in {"ready", "kept"} \/ (~Kept("proved") /\ state[e] \in {"building", "tailing"})
Relied(e) == HasWord(e) \/ ~Kept("word")

CheckSwap(e) ==
    /\ swap = NoSwap /\ fence <= MaxSwaps
    /\ MayBeServed(e) /\ Relied(e)
    /\ swap' = [to |-> e, fence |-> fence, generation |-> Nothing]
    /\ UNCHANGED <<store, model, registry, lanes, rebuild, known, budgets>>

\* Both checkpoints in one step, while the word of that lane stood.
CompareStandings ==
    /\ swap # NoSwap /\ swap.generation = Nothing /\ swap.fence = fence
    /\ Kept("compare") => checkpoint[swap.to].sequence >= checkpoint[served].sequence
    /\ HasWord(swap.to) \/ ~Kept("word")
    /\ swap' = [swap EXCEPT !.generation = generation]
    /\ UNCHANGED <<store, model, registry, lanes, rebuild, known, budgets>>

SwapNow ==
    /\ swap.generation # Nothing /\ swap.fence = fence
    /\ MayBeServed(swap.to) /\ Relied(swap.to)
    /\ served' = swap.to /\ fence' = fence + 1
    /\ state' = [state EXCEPT ![swap.to] = "served", ![served] = "kept"]
    /\ asked' = (asked \ {swap.to}) \cup {served}
    /\ words' = [words EXCEPT ![swap.to] = NoWord]
    /\ swap' = NoSwap
    /\ UNCHANGED <<store, model, generation, lanes, rebuild, known, budgets>>

GiveUpSwap ==
    /\ swap # NoSwap
    /\ swap' = NoSwap
    /\ UNCHANGED <<store, model, registry, lanes, rebuild, known, budgets>>

BeginDrop(e) ==
    /\ state[e] \in {"kept", "ready"}
    /\ state' = [state EXCEPT ![e] = "dropping"]
    /\ UNCHANGED <<store, model, served, fence, asked, words, generation, lanes, rebuild, swap, known, budgets>>

\* When lanes have let go of it, and nobody can be answered from it any more.
FinishDrop(e) ==
    /\ state[e] = "dropping" /\ e \notin asked
    /\ Kept("drop waits") => known # e
    /\ state' = [state EXCEPT ![e] = "dropped"]
    /\ pages' = [pages EXCEPT ![e] = [p \in Pages |-> NoPage]]
    /\ checkpoint' = [checkpoint EXCEPT ![e] = NoCheckpoint]
    /\ UNCHANGED <<store, twice, served, fence, asked, words, generation, lanes, rebuild, swap, known, budgets>>

(* ---- readers ---- *)

Follow ==  \* the process hears of the swap, sooner or later
    /\ known # served
    /\ known' = served
    /\ UNCHANGED <<store, model, registry, lanes, rebuild, swap, budgets>>

(* ---- all together ---- *)

Rebuilds ==
    \/ CreateShadow \/ ReadEnds \/ OpenSnapshot \/ (\E p \in Pages : FoldPage(p)) \/ EndFold
    \/ TailDrops \/ TailWrites \/ TailAdvances \/ TailStartsAgain \/ SkipTruncated \/ Resume
    \/ StopTail \/ RequestAdoption \/ MakeReady
Projects ==
    \/ BeginLane
    \/ \E g \in Lanes :
        \/ LaneEndsFold(g) \/ TakeNote(g) \/ TakeBatch(g) \/ EndBatch(g)
        \/ \E page \in Pages : LaneFoldsPage(g, page)
        \/ \E e \in Epochs : \/ LaneAdvances(g, e) \/ CatchUpWrites(g, e) \/ CatchUpAdvances(g, e) \/ Join(g, e)
                            \/ GiveWord(g, e) \/ Withdraw(g, e) \/ LetGo(g, e)
                            \/ \E i \in 1..Events : LaneWrites(g, e, i)
Operates ==
    \/ CompareStandings \/ SwapNow \/ GiveUpSwap
    \/ \E e \in Epochs : CheckSwap(e) \/ BeginDrop(e) \/ FinishDrop(e)
Next == Stamp \/ Publish \/ Truncate \/ (\E e \in Epochs, p \in Pages : Flush(e, p)) \/ Rebuilds \/ Projects \/ Operates \/ Follow

Spec == Init /\ [][Next]_vars

(* ---- what is promised ---- *)

\* Readers may look at any moment: what holds in every state holds for every answer.
Visible(e) == UNION {pages[e][p].events : p \in Pages}
IsGone(e) == state[e] \in {"dropping", "dropped"}

\* Nobody is answered from a model of which a part is not built, or not as far as it says.
WholeModels == IsGone(known) \/ (checkpoint[known].exists /\ IsFold(known) /\ \A p \in Pages : pages[known][p].exists)

\* Nobody is answered from pages that a drop is taking away.
NothingPulledAway == IsGone(known) => \A p \in Pages : pages[known][p].exists

\* What a reader has seen, he sees in the next answer, too.
NothingTakenBack == [][Visible(known) \subseteq Visible(known)']_vars

\* Whatever an epoch's checkpoint says is in it, is in it. (A baseline that comes late may put a checkpoint back, not
\* what went into the pages since.)
NothingLost == \A e \in Epochs : checkpoint[e].exists => IsFold(e)

NoEffectTwice == ~twice

\* Where pages may be lost: what is there is as far as the checkpoint says, and what is not there nobody is told.
PagesAreWhole ==
    \A e \in Epochs, page \in Pages :
        checkpoint[e].exists /\ pages[e][page].exists
            => EventsOf(page, checkpoint[e].sequence) \subseteq pages[e][page].events

\* Not a promise: says that the model gets as far as a swap and a rollback. Must fail.
NeverRollsBack == fence < 3
NeverDropped == \A e \in Epochs : state[e] # "dropped"
=======================================================================================================
