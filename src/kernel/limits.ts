/** Every limit of the system in one place; the unit is the end of the name. */
export const limits = {
  /** One example's input after cleaning. */
  exampleCharsMax: 200_000,
  /** One line of an imported CSV or JSONL file, before it is parsed. */
  importLineBytesMax: 4_000_000,
  importFileBytesMax: 8_000_000_000,
  /** A file that is sent to be imported, and one piece of it: each piece has `requestReceiveMsMax` to arrive. */
  uploadBytesMax: 2_000_000_000,
  uploadPartBytesMax: 8_000_000,
  uploadNameCharsMax: 255,
  /** Lying there at a time. */
  uploadsMax: 50,
  uploadKeptMs: 24 * 3_600_000,
  /** One that is not whole and of which nothing came for so long is given up. */
  uploadSilenceMsMax: 10 * 60_000,
  uploadSweepEveryMs: 10 * 60_000,
  previewColumnsMax: 502,
  previewRows: 20,
  previewCellChars: 200,
  /** A file that is one JSON list: it is held whole. */
  importJsonBytesMax: 64_000_000,
  /** One file of a folder import, a mail with its attachments for instance. */
  importDocumentBytesMax: 30_000_000,
  /** About 1 kB of memory each while the import runs. */
  importRowsMax: 2_000_000,
  /** Rejected rows are all counted; this many are listed with their reason. */
  importRejectionsListedMax: 1_000,
  /** Rows that one call reads through for a rare text. */
  browseScanMax: 5_000,
  /** Examples whose labels are looked at, and doubtful ones that are kept. */
  labelAuditExamplesMax: 20_000,
  labelDoubtsMax: 500,
  /** Columns of a table, without label and group. */
  tableColumnsMax: 500,
  columnNameCharsMax: 200,
  /** One text cell of a table. */
  cellCharsMax: 1_000,
  /** Different values of a column that the data report counts one by one. */
  columnValuesCountedMax: 10_000,
  /** Width times height of an image that comes in; more is refused before a pixel is decoded. */
  imagePixelsMax: 25_000_000,
  /** Images are stored scaled down to at most this width and height. */
  imageSideMax: 64,
  labelsMax: 1_000,
  /** Of one text, and the characters of them as JSON. */
  spansMax: 500,
  spansCharsMax: 200_000,
  labelCharsMax: 200,
  nameCharsMax: 100,
  requestBodyBytesMax: 1_000_000,
  requestReceiveMsMax: 30_000,
  /** Of these, for the headers alone. */
  headersReceiveMsMax: 10_000,
  /** How often connections that send too slowly are looked for. */
  slowConnectionsEveryMs: 5_000,
  requestHeaderBytesMax: 16_384,
  /** A customer who takes nothing of a stream for so long is disconnected. */
  customerStallMsMax: 60_000,
  predictionInputCharsMax: 100_000,
  /** Width times height of an image that an endpoint is asked about: it is decoded while others wait. */
  predictionPixelsMax: 1_000_000,
  completionPromptCharsMax: 20_000,
  completionTokensMax: 1_024,
  completionStopsMax: 4,
  completionStopCharsMax: 100,
  completionLogprobsMax: 5,
  /** Texts of one request for vectors, the characters of each, and of all together. */
  embeddingTextsMax: 2_048,
  embeddingTextCharsMax: 20_000,
  embeddingCharsMax: 200_000,
  /** Texts that take longer are refused; the hold outlives them. */
  embeddingMsMax: 60_000,
  /** A text that is written longer than this ends where it is; its hold outlives it. */
  completionMsMax: 120_000,
  /** Texts that are written at once. */
  generationsMax: 16,
  inferenceBatchMax: 32,
  inferenceQueueMax: 1_000,
  loadedModelsMax: 8,
  /** A route in use is read again after this, beside the requests; one that nobody used for longer is waited for. */
  routeCacheMs: 1_000,
  routeStaleMs: 5_000,
  /** How long a revoked key may still be let in. */
  grantCacheMs: 1_000,
  grantsCachedMax: 10_000,
  shadowsWaitingMax: 100,
  reviewClaimMs: 15 * 60_000,
  reviewersPerItemMax: 9,
  /** Examples that are put into the queue at once. */
  reviewQueuedMax: 10_000,
  /** Items that one reviewer claims at once. */
  reviewBatchMax: 10,
  /** After so many decisions one item tests the reviewer. */
  reviewGoldEvery: 10,
  reviewInstructionsCharsMax: 10_000,
  /** Items with votes that agreement is computed over, the newest first. */
  agreementItemsMax: 5_000,
  /** Reviewers whose pairs are compared, those with the most votes first. */
  agreementReviewersMax: 20,
  listDefault: 20,
  listMax: 100,
  versionExamplesPostedMax: 1_000,
  usageDaysShown: 31,
  /** Of usage that is looked through: days at once, and events that one call reads for a rare one. */
  usageExploredDaysMax: 92,
  usageScanMax: 10_000,
  usageScanStep: 1_000,
  /** Lines of a file of usage. */
  usageExportRowsMax: 1_000_000,
  idempotencyKeyCharsMax: 255,
  idempotencyKeptMs: 24 * 3_600_000,
  holdTtlMs: 60_000,
  holdSweepEveryMs: 5_000,
  /** A lease is at most one part in so many of what is left. */
  leaseShare: 8,
  /** Requests of one subscription within a second before a lease is worth its unit. */
  leaseAfterRequests: 4,
  /** A lease that would cover fewer requests is not taken: each of them is then held alone. */
  leaseRequestsMin: 4,
  /** How much of a second's use is leased at once, and at least how many requests' worth. */
  leaseSeconds: 0.25,
  leaseRequestsWanted: 16,
  /** A dead process's lease goes back after this; a living one renews it. */
  leaseTtlMs: 10_000,
  leaseIdleMs: 1_000,
  leaseTendEveryMs: 250,
  /** A refused request waits so long for what other processes have ready; they are asked once a second for each customer. */
  recallMsMax: 1_000,
  recallLookMs: 50,
  recallWaitingMax: 256,
  /** How a customer calls its own user. */
  endUserCharsMax: 200,
  /** Of one customer, at a time. */
  budgetsMax: 10_000,
  /** That one grant of credit is kept to. */
  grantProductsMax: 50,
  /** A limit of requests or tokens a minute. */
  ratePerMinuteMax: 1_000_000_000,
  /** A minute that was used up is asked about again after this: somebody may have given something back. */
  rateAskAgainMs: 500,
  /** Settlements that are written by one unit. */
  settleBatchMax: 256,
  /** When so many are outstanding, the next batch gathers until as many wait again, or for this long. */
  settleGatherFrom: 4,
  settleGatherShare: 0.5,
  settleGatherMsMax: 4,
  /** How often it is looked whether a day is over whose sums reports can keep. */
  dayKeepEveryMs: 600_000,
  /** Commits, at the most, between two rounds of the thread that moves SQLite's log into its database. */
  logMoveCommits: 300,
  /** Pages of 4 kB in the log from which on it is begun anew. */
  logPagesMax: 16_000,
  /** Pages after which SQLite moves the log itself, in a process that writes little: its own default. */
  logPagesByItself: 1_000,
  jobLeaseMs: 30_000,
  jobHeartbeatMs: 1_000,
  jobPollMs: 500,
  triggerEveryMs: 10_000,
  jobAttemptsMax: 3,
  trainExamplesPerLabelMin: 5,
  trainingSilenceMsMax: 60_000,
  searchFoldsMax: 20,
  searchMinutesMax: 1_440,
  /** A search goes on where it was, so that more of its workers may die than of a run's. */
  searchAttemptsMax: 20,
  gracefulStopMsMax: 10_000,
  workersMax: 64,
  /** A worker that ended is replaced after this, twice as long each time until one has lived for a while. */
  workerRestartMs: 250,
  workerRestartMsMax: 30_000,
  workerSteadyMs: 60_000,
  /** How long they may take to say what they have counted. */
  metricsGatherMsMax: 2_000,
  /** How long workers may take to finish their streams. */
  workerStopMsMax: 150_000,
  commissionBasisPointsMax: 10_000,
  /** A billion currency units: twice of it still fits a signed 64-bit column. */
  amountNanosMax: 1_000_000_000_000_000_000n,
  /** A million currency units. */
  pricePerThousandNanosMax: 1_000_000_000_000_000n,
  /** A million currency units: a package, a flat amount, a commitment or a cap within a price. */
  priceAmountNanosMax: 1_000_000_000_000_000n,
  priceTiersMax: 50,
  /** Wrappers of a price, one in the other. */
  priceDepthMax: 4,
  usageUnitsMax: 1_000_000,
  quotaUnitsMax: 1_000_000_000_000,
  trialDaysMax: 366,
  /** For one customer, or for the team. */
  webhooksMax: 10,
  webhookUrlCharsMax: 500,
  webhookTimeoutMs: 10_000,
  webhookOldSecretMs: 24 * 3_600_000,
  topUpPauseMs: 600_000,
  /** Refused charges in a row after which nobody is charged until the top-up is set again. */
  topUpFailuresMax: 3,
  reconcileLinesMax: 10_000,
  billingTickMs: 60_000,
  /** Addresses and networks that one key is bound to. */
  keyAddressesMax: 50,
  /** Thresholds of one subscription. */
  thresholdsMax: 20,
  /** Periods of different customers that are closed in one transaction. */
  closesAtOnce: 32,
  /** Done by one tick; the rest waits for the next. */
  billingTickMax: 1_000,
  addonsMax: 20,
  itemQuantityMax: 1_000_000,
  addressLinesMax: 6,
  paymentDaysMax: 180,
  dunningStepsMax: 12,
  /** How long after its end a period still takes usage before it is closed. */
  usageGraceMs: 3_600_000,
  expiredHoldsBatch: 100,
  doctorProblemsListedMax: 20,
  commentCharsMax: 4_000,
  /** A delivered answer that could not be recorded is tried again after this. */
  unsettledRetryMs: 1_000,
  /** A chat by which the team tries an upstream. */
  chatTrialMessagesMax: 100,
  chatTrialCharsMax: 100_000,
  chatTrialTokensMax: 8_192,
  /** How often counts of failed requests are written, and how many different ones wait at most. */
  failureFlushMs: 2_000,
  failureCountsMax: 10_000,
  failureReasonsMax: 100,
  upstreamUrlCharsMax: 500,
  upstreamSecretCharsMax: 4_000,
  upstreamModelNameCharsMax: 200,
  /** Sockets to one upstream; more requests wait for one until their time to connect is over. */
  upstreamConnectionsMax: 512,
  upstreamHeaderBytesMax: 32_768,
  /** An answer that is not streamed, whole. */
  upstreamAnswerBytesMax: 16_000_000,
  upstreamStreamBytesMax: 64_000_000,
  /** One server-sent event. */
  upstreamEventCharsMax: 2_000_000,
  /** What is read ahead of a customer who reads slowly. */
  upstreamBufferBytes: 262_144,
  /** Of what an upstream says when it refuses. */
  upstreamMessageCharsMax: 500,
  /** In one request, as many as `usageUnitsMax`. */
  upstreamTokensMax: 1_000_000,
  upstreamPricePerMillionNanosMax: 1_000_000_000_000_000n,
  /** What one picture in a prompt is taken for, where only a count of letters is known. */
  pictureTokens: 3_000,
  /** The body of a request at a language door, pictures included. */
  relayBodyBytesMax: 20_000_000,
  /** Answers to one request (`n`, `best_of`). */
  relayChoicesMax: 8,
  /** An answer that is kept for its Idempotency-Key; a larger one cannot be asked for again. */
  keptAnswerCharsMax: 1_000_000,
  answerCacheBytesMax: 64_000_000,
  answerCacheTtlMsMax: 7 * 24 * 3_600_000,
  guardPatternsMax: 100,
  guardPatternCharsMax: 200,
  guardLanguagesMax: 50,
  /** Request and answer of a capture, each; the rest is cut off. */
  captureCharsMax: 100_000,
  passwordCharsMin: 10,
  passwordCharsMax: 200,
  emailCharsMax: 254,
  /** Passwords that are hashed at once, 32 MB each; more wait, and beyond that are asked to come again. */
  passwordsAtOnce: 2,
  passwordsWaitingMax: 32,
  sessionIdleMs: 12 * 3_600_000,
  sessionMsMax: 7 * 24 * 3_600_000,
  /** How exactly a session's last use is known. */
  sessionSeenEveryMs: 60_000,
  sessionsPerUserMax: 20,
  deviceCharsMax: 200,
  signInLinkMs: 15 * 60_000,
  signInLinkMsMax: 7 * 24 * 3_600_000,
  setUpLinkMs: 24 * 3_600_000,
  /** Of a product's public page. */
  productDescriptionCharsMax: 10_000,
  productExamplesMax: 10,
  tryInputCharsMax: 5_000,
  /** By one address. */
  triesPerDayMax: 1_000,
  /** By all addresses together, for each product. */
  triesPerDayOfAll: 5_000,
  signUpsPerAddress: 5,
  signUpsPerDay: 500,
  /** How often the console's news are looked up, in all; every so many times sessions are looked at instead. */
  liveTickMs: 1_000,
  liveSessionTicks: 5,
  liveStreamsMax: 500,
  liveBufferBytes: 262_144,
  /** Counts in news stop here: a page shows "more". */
  liveCountMax: 10_000,
  liveRetryMs: 3_000,
  /** A stream by operator key; the program comes again and its key is checked again. */
  liveMsMax: 900_000,
  recoveryCodes: 10,
  passkeysMax: 20,
  passkeyChallengeMs: 5 * 60_000,
  /** After this one shows again who one is, before changing how one signs in. */
  recentSignInMs: 15 * 60_000,
  identitySweepEveryMs: 3_600_000,
  identitySweepMax: 10_000,
  auditDays: 400,
  /** What a sweep removes at once, and how often before the next one goes on. */
  retentionStepMax: 1_000,
  retentionStepsMax: 200,
  routeTargetsMax: 20,
  routeTriesMax: 10,
  routeTimeoutMsMax: 3_600_000,
  /** No route waits longer for a socket. */
  routeConnectMsMax: 60_000,
  /** Of a pivot report: each is a wheel report of its own. */
  pivotStepsMax: 62,
  /** Answers with feedback that an experiment counts, the first ones, and the points of its picture. */
  experimentLabelsMax: 50_000,
  experimentPointsMax: 120,
  /** Of an endpoint's traffic, and how long each one is at least. */
  trafficStepsMax: 400,
  trafficStepMsMin: 1_000,
  /** Of the picture of where things come from. */
  lineageVersionsMax: 12,
  lineageModelsMax: 100,
  lineageReleasesMax: 200,
  /** New examples of a version whose origin is looked at. */
  lineageExamplesMax: 2_000,
  /** How far back the wheel at a glance looks. */
  wheelSinceMsMax: 7 * 24 * 3_600_000,
  findCharsMax: 100,
  /** How many of the newest of a kind are looked through for a name. */
  findRowsMax: 50_000,
  foundSeenMax: 50,
  foundPerKindMax: 5,
} as const;
