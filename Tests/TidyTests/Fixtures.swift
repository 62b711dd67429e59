extension Fixture {
    /// At least one bad tree a rule, and the nearest tidy one where a rule could catch too much.
    static let all: [Fixture] = sizes + imports + calls + names + sql + pages

    private static func lines(_ count: Int, _ text: String = "// line") -> String {
        String(repeating: text + "\n", count: count)
    }

    private static let sizes = [
        Fixture(
            "501 lines", .fileLength, ["Sources/Domain/A.swift": lines(501)], faults: ["Sources/Domain/A.swift:501"]),
        Fixture("500 lines", .fileLength, ["Sources/Domain/A.swift": lines(500)], faults: []),
        Fixture(
            "121 characters", .lineLength, ["a.sql": "\n--" + String(repeating: "x", count: 119)], faults: ["a.sql:2"]),
        Fixture("120 characters", .lineLength, ["a.sql": String(repeating: "é", count: 120)], faults: []),
        Fixture(
            "a function of 71 lines", .functionLength,
            ["A.swift": "struct A {\n  func a() {\n" + lines(69, "    b()") + "  }\n}"], faults: ["A.swift:2"]),
        Fixture(
            "a function of 70 lines with a brace in a string", .functionLength,
            [
                "A.swift": "struct A {\n  func a() {\n    b(\"{\")\n" + lines(67, "    b()") + "  }\n}\n"
                    + lines(70, "let x = 1")
            ],
            faults: []),
        Fixture(
            "requirements have no length", .functionLength,
            ["A.swift": "protocol A {\n  func a()\n" + lines(80) + "}\nstruct B {}"], faults: []),
    ]

    private static let imports = [
        Fixture(
            "the domain imports a driver", .importsGoOneWay, ["Sources/Domain/A.swift": "import Postgres"],
            faults: ["Sources/Domain/A.swift:1"]),
        Fixture(
            "the domain imports Foundation", .importsGoOneWay, ["Sources/Domain/A.swift": "import Foundation"],
            faults: ["Sources/Domain/A.swift:1"]),
        Fixture(
            "a C library outside its driver", .importsGoOneWay,
            ["Sources/EventStore/A.swift": "\nimport CLibPQ", "Sources/Drivers/Kafka/B.swift": "import CLibPQ"],
            faults: ["Sources/Drivers/Kafka/B.swift:1", "Sources/EventStore/A.swift:2"]),
        Fixture(
            "a C library in its driver", .importsGoOneWay,
            ["Sources/Drivers/Postgres/A.swift": "internal import CLibPQ"],
            faults: []),
        Fixture(
            "replay imports commands", .importsGoOneWay,
            ["replay-tools/A.swift": "package import Domain\npackage import BookingCommands"],
            faults: ["replay-tools/A.swift:2"]),
        Fixture(
            "replay imports the gateway", .importsGoOneWay, ["replay-tools/A.swift": "@testable import Gateway"],
            faults: ["replay-tools/A.swift:1"]),
        Fixture(
            "commands import a projection", .importsGoOneWay,
            ["Sources/Commands/Bookings/A.swift": "import AvailabilityProjection"],
            faults: ["Sources/Commands/Bookings/A.swift:1"]),
        Fixture(
            "a projection imports commands and another model", .importsGoOneWay,
            ["Sources/Projections/Search/A.swift": "import BookingCommands\nimport AvailabilityProjection"],
            faults: ["Sources/Projections/Search/A.swift:1", "Sources/Projections/Search/A.swift:2"]),
        Fixture(
            "the composition root imports what it likes", .importsGoOneWay,
            ["Sources/Appointments/A.swift": "import Gateway\nimport Postgres"], faults: []),
    ]

    private static let calls = [
        Fixture(
            "crashing and blocking calls", .bannedCalls,
            ["Sources/Domain/A.swift": "try! a()\nb as! C\nfatalError(\"\")\nThread.sleep(1)\nusleep(1)"],
            faults: [1, 2, 3, 4, 5].map { "Sources/Domain/A.swift:\($0)" }),
        Fixture(
            "they may be spoken of", .bannedCalls,
            ["Sources/Domain/A.swift": "// never try! this\nlet a = \"fatalError(\"\nfunc fatalError()\na.usleep(1)"],
            faults: []),
        Fixture(
            "ambient time, identifiers and zones", .ambientInputs,
            [
                "Sources/EventStore/A.swift": "Date()\nUUID()\nTimeZone.current",
                "Sources/Appointments/B.swift": "Date()",
            ],
            faults: [1, 2, 3].map { "Sources/EventStore/A.swift:\($0)" }),
        Fixture(
            "a layer prints", .printing, ["Sources/Gateway/A.swift": "print(1)", "replay-tools/B.swift": "print(1)"],
            faults: ["Sources/Gateway/A.swift:1"]),
    ]

    private static let names = [
        Fixture(
            "vague names", .fileNames,
            ["Sources/Domain/DateUtils.swift": "", "Sources/Common/A.swift": "", "Sources/A+Helper.swift": ""],
            faults: ["Sources/A+Helper.swift:1", "Sources/Common/A.swift:1", "Sources/Domain/DateUtils.swift:1"]),
        Fixture(
            "a name that only looks vague", .fileNames,
            ["Sources/Domain/CommonSlots.swift": "", "Commonwealth.swift": ""],
            faults: []),
        Fixture(
            "work left for later", .unfinishedWords, ["A.swift": "// TO" + "DO: later", "b.md": "methodology"],
            faults: ["A.swift:1"]),
        Fixture(
            "a declaration for others without a word", .packageTypesAreDocumented,
            [
                "Sources/Domain/A.swift":
                    "package struct A {}\n/// Good.\n@frozen\npackage enum B {}\npackage final class C {}"
            ],
            faults: ["Sources/Domain/A.swift:1", "Sources/Domain/A.swift:5"]),
    ]

    private static let sql = [
        Fixture(
            "headers that say too little", .sqlHeaders,
            ["S/SQL/a.sql": "-- name:    b\n-- purpose: x\n-- caller:  Y\nSELECT $1;"],
            faults: ["S/SQL/a.sql:1", "S/SQL/a.sql:1"]),
        Fixture(
            "headers that say enough", .sqlHeaders,
            [
                "S/SQL/a.sql": "-- name:    a\n-- purpose: x\n-- params:  $1 y\n-- caller:  Y\nSELECT $1;",
                "S/SQL/V0001__x.sql": "-- name:    V0001__x\n-- purpose: x\nCREATE TABLE x ();",
            ], faults: []),
        Fixture(
            "SQL that nobody uses", .sqlIsUsed,
            [
                "Sources/S/SQL/a.sql": "", "Sources/S/SQL/b.sql": "",
                "Sources/S/SQL.swift": "PackageResources.a_sql // PackageResources.b_sql",
            ], faults: ["Sources/S/SQL/b.sql:1"]),
        Fixture(
            "a migration is missing", .migrationsAreComplete,
            ["Sources/S/SQL/V0001__a.sql": "", "Sources/S/SQL/V0003__b.sql": ""],
            faults: ["Sources/S/SQL/V0003__b.sql:1"]),
    ]

    private static let pages = [
        Fixture(
            "two titles, none", .oneTitle,
            ["a.md": "# A\n```\n# quoted\n```\n# B", "b.md": "text", "c.md": "# C\n## D"],
            faults: ["a.md:5", "b.md:1"]),
        Fixture(
            "a command that is none", .readmeCommandsExist,
            ["Makefile": "up: ## start\n", "README.md": "Run `make up`, then `make coffee`; make sure it works.\n"],
            faults: ["README.md:1"]),
        Fixture(
            "a script that goes on after a failure", .scriptsAreStrict,
            ["scripts/a": "#!/usr/bin/env bash\nset -eu", "scripts/b": "#!/usr/bin/env bash\n# b\nset -euo pipefail"],
            faults: ["scripts/a:1", "scripts/a:2"]),
    ]
}
