// Every word of the page, Vietnamese first. `{name}` is filled in by `words()`.

const CATALOGUE = {
  title: ["IOC-EDU", "IOC-EDU"],
  subtitle: ["Điều hành giáo dục thông minh", "Education operations centre"],
  skip: ["Bỏ qua, đến bảng số liệu", "Skip to the table of figures"],
  language: ["English", "Tiếng Việt"],
  publicPage: ["Trang công khai", "Public page"],
  signIn: ["Đăng nhập", "Sign in"],
  signOut: ["Đăng xuất", "Sign out"],
  everywhere: ["toàn tỉnh", "whole province"],
  period: ["Thời kỳ", "Period"],
  schoolYear: ["Năm học {year}", "School year {year}"],
  termOf: ["{term}, {year}", "{term}, {year}"],
  weekOf: ["Tuần {number} năm {year}", "Week {number} of {year}"],
  monthOf: ["Tháng {number}/{year}", "Month {number}/{year}"],
  path: ["Đang xem", "You are here"],
  rotate: ["Tự chuyển", "Rotate"],
  rotateHint: [
    "Cứ 20 giây đổi chỉ số trên bản đồ một lần",
    "Shows another indicator on the map every 20 seconds",
  ],

  everyIndicator: ["Mọi chỉ tiêu", "Every indicator"],
  searchIndicator: ["Tìm chỉ tiêu", "Search indicators"],
  place: ["Nơi", "Place"],
  code: ["Mã", "Id"],
  indicatorName: ["Chỉ tiêu", "Indicator"],
  fraction: ["Tử số / mẫu số", "Numerator / denominator"],
  asOfTime: ["Thời điểm số liệu", "As of"],
  numerator: ["Tử số", "Numerator"],
  denominator: ["Mẫu số", "Denominator"],
  unitOf: ["Đơn vị tính", "Unit"],
  legalBasis: ["Căn cứ", "Legal basis"],
  closedAt: ["Chốt hết ngày {day}: {value}.", "Closed at the end of {day}: {value}."],
  notRestated: ["Từ đó không có điều chỉnh.", "Nothing has changed it since."],
  restated: ["Nay là {value}, sau các điều chỉnh dưới đây.", "It is {value} now, restated as below."],
  restatements: ["Điều chỉnh sau khi chốt", "Restatements after the close"],
  change: ["Trước → sau", "Before → after"],
  whose: ["Do trường", "By schools"],
  today: ["hôm nay", "today"],
  draftEvent: ["chờ dịch vụ phát sự kiện", "event not emitted yet"],

  figures: ["Chỉ số chính", "Main figures"],
  choose: ["Xem trên bản đồ và bảng", "Show on map and table"],
  reported: ["{n}/{N} trường", "{n}/{N} schools"],
  reportedLong: ["{n} trên {N} trường đã có số liệu", "{n} of {N} schools have reported"],
  asOf: ["tính đến {time}", "as of {time}"],
  stale: ["cũ từ {time}", "stale since {time}"],
  loading: ["đang nạp", "loading"],
  noSource: ["chưa có nguồn", "no source yet"],
  suppressed: ["dưới 5*", "under 5*"],
  suppressedNote: [
    "* Số của nhóm dưới 5 học sinh được giấu, cùng những số có thể dùng để tính ngược ra nó.",
    "* Numbers of groups under 5 pupils are hidden, and so are those that would give them away.",
  ],
  noCells: ["chưa có ô điểm", "no cells yet"],
  seconds: ["{n} giây", "{n} s"],
  minutes: ["{n} phút", "{n} min"],
  hours: ["{n} giờ", "{n} h"],
  days: ["{n} ngày", "{n} d"],
  N71: ["Độ tươi dữ liệu", "Data freshness"],

  map: ["Bản đồ", "Map"],
  mapHelp: [
    "Dùng phím mũi tên để đi giữa các xã, phường; Enter để mở.",
    "Arrow keys move between communes; Enter opens one.",
  ],
  legend: ["Chú giải", "Legend"],
  noSchool: ["không có trường hoặc số liệu", "no school or no data"],
  outside: ["Không có trên bản đồ: {n} đơn vị", "Not on the map: {n}"],
  indicator: ["Chỉ số trên bản đồ và bảng", "Indicator on map and table"],

  communes: ["Xã, phường", "Communes"],
  schools: ["Trường", "Schools"],
  breakdown: ["Phân tổ", "Breakdown"],
  by: ["Xem theo", "Show by"],
  search: ["Tìm theo tên", "Search by name"],
  name: ["Tên", "Name"],
  value: ["Giá trị", "Value"],
  coverage: ["Trường có số", "Schools"],
  count: ["Số lượng", "Count"],
  found: ["{n} dòng", "{n} rows"],
  nothingFound: ["Không có tên nào như vậy.", "No such name."],
  nothingHere: ["Chưa có số liệu.", "Nothing yet."],
  elsewhere: ["Trường ở nơi khác trong tỉnh", "Schools elsewhere in the province"],

  histogram: ["Phổ điểm", "Score distribution"],
  subject: ["Môn", "Subject"],
  term: ["Học kỳ", "Term"],
  kind: ["Loại điểm", "Kind of score"],
  grade: ["Khối", "Grade"],
  allTerms: ["Mọi kỳ", "All terms"],
  allKinds: ["Mọi loại", "All kinds"],
  allGrades: ["Mọi khối", "All grades"],
  oneClass: ["mọi đơn vị", "all units"],
  showTable: ["Xem bảng", "Show table"],
  showChart: ["Xem biểu đồ", "Show chart"],
  scores: ["Số con điểm", "Scores"],
  mean: ["Trung bình", "Mean"],
  passed: ["Từ 5,0 trở lên", "5.0 and above"],
  passedComment: ["Đạt", "Passed"],
  failedComment: ["Chưa đạt", "Not passed"],
  score: ["Điểm", "Score"],
  bin: ["{from} – dưới {to}", "{from} – under {to}"],
  binHidden: ["{n} cột bị giấu (dưới 5*)", "{n} bars hidden (under 5*)"],
  histogramSummary: [
    "Phổ điểm {subject}: {count} con điểm, trung bình {mean}.",
    "Scores in {subject}: {count} scores, mean {mean}.",
  ],
  noScores: ["Chưa có con điểm nào cho lựa chọn này.", "No scores yet for this choice."],

  ticker: ["Vừa thay đổi", "Just changed"],
  tickerEmpty: ["Chưa có thay đổi nào từ các trường.", "No changes from schools yet."],

  connecting: ["Đang kết nối…", "Connecting…"],
  live: ["Trực tiếp", "Live"],
  polling: ["Đang nối lại, hỏi số mỗi vài giây", "Reconnecting, asking every few seconds"],
  lost: ["Mất kết nối từ {time}, giữ số cuối cùng", "Offline since {time}, keeping the last numbers"],
  behind: ["chậm {n} sự kiện", "{n} events behind"],
  credit: [
    "Ranh giới: vietnamese-provinces-database (MIT)",
    "Borders: vietnamese-provinces-database (MIT)",
  ],
  failed: ["Không tải được số liệu: {reason}", "Could not load: {reason}"],
  unitGone: ["Không còn đơn vị này; đang xem cả tỉnh.", "No such unit any more; showing the province."],
  summary: [
    "{place}. {indicator}: {value}, {coverage}, {stamp}.",
    "{place}. {indicator}: {value}, {coverage}, {stamp}.",
  ],

  "unit.commune": ["Xã {name}", "{name} commune"],
  "unit.ward": ["Phường {name}", "{name} ward"],
  "unit.township": ["Thị trấn {name}", "{name} township"],
  "unit.special-zone": ["Đặc khu {name}", "{name} special zone"],
  "unit.undeclared": ["Chưa khai báo", "Undeclared"],

  "dim.grade": ["Khối", "Grade"],
  "dim.subject": ["Môn", "Subject"],
  "dim.kind": ["Loại điểm", "Kind of score"],
  "dim.sex": ["Giới tính", "Sex"],
  "dim.ethnic_minority": ["Dân tộc thiểu số", "Ethnic minority"],
  "dim.term": ["Học kỳ", "Term"],
  "dim.source": ["Nguồn", "Source"],
  "dim.channel": ["Kênh gửi", "Channel"],
  "dim.purpose": ["Nội dung", "Purpose"],
  "dim.fee_kind": ["Loại khoản thu", "Kind of fee"],
  "dim.method": ["Hình thức nộp", "Payment method"],

  "dim.band": ["Khoảng điểm", "Band"],
  "dim.role": ["Vị trí", "Role"],
  "dim.reason": ["Lý do", "Reason"],
  "dim.preference": ["Nguyện vọng", "Choice"],
  "dim.status": ["Trạng thái", "Status"],
  "dim.day": ["Ngày", "Day"],

  "group.pupils": ["Trường, lớp, học sinh", "Schools, classes, pupils"],
  "group.staff": ["Đội ngũ", "Staff"],
  "group.scores": ["Điểm", "Scores"],
  "group.results": ["Kết quả, chuyên cần", "Results, attendance"],
  "group.transcripts": ["Học bạ số", "Digital transcripts"],
  "group.admission": ["Tuyển sinh", "Admission"],
  "group.adoption": ["Chuyển đổi số, kiểm định", "Adoption, accreditation"],
  "group.contact": ["Liên lạc", "Contact"],
  "group.fees": ["Khoản thu", "Fees"],
  "group.system": ["Hệ thống", "System"],

  billions: ["{n} tỷ\u00a0đ", "{n} billion\u00a0đ"],
  millions: ["{n} triệu\u00a0đ", "{n} million\u00a0đ"],

  "source.admissions": ["Tuyển sinh", "Admissions"],
  "source.gradebook": ["Sổ điểm", "Gradebook"],
  "source.payments": ["Khoản thu", "Payments"],
  undeclaredSchool: ["Trường chưa khai báo", "Undeclared school"],

  "source.notifications": ["Liên lạc", "Notifications"],

  "role.teacher": ["Giáo viên", "Teacher"],
  "role.homeroom-teacher": ["Giáo viên chủ nhiệm", "Homeroom teacher"],
  "role.principal": ["Hiệu trưởng", "Principal"],
  "role.cashier": ["Thủ quỹ", "Cashier"],
  "role.department-officer": ["Chuyên viên", "Officer"],
  "role.guardian": ["Cha mẹ học sinh", "Guardian"],
  "role.auditor": ["Kiểm toán viên", "Auditor"],
  "role.service": ["Dịch vụ", "Service"],

  "term.HK1": ["Học kỳ I", "Term 1"],
  "term.HK2": ["Học kỳ II", "Term 2"],
  "term.CN": ["Cả năm", "Whole year"],
  "term.HE": ["Hè", "Summer"],
  "kind.regular": ["Thường xuyên", "Regular"],
  "kind.special-topic": ["Chuyên đề", "Special topic"],
  "kind.midterm": ["Giữa kỳ", "Mid-term"],
  "kind.endterm": ["Cuối kỳ", "End of term"],
  "kind.retest": ["Kiểm tra lại", "Re-test"],
  "kind.exam": ["Bài thi", "Examination"],
  "sex.male": ["Nam", "Male"],
  "sex.female": ["Nữ", "Female"],
  "sex.other": ["Khác", "Other"],
  "ethnic_minority.yes": ["Dân tộc thiểu số", "Ethnic minority"],
  "ethnic_minority.no": ["Không", "No"],
  "channel.email": ["Thư điện tử", "E-mail"],
  "channel.sms": ["SMS", "SMS"],
  "channel.zalo": ["Zalo", "Zalo"],
  "channel.push": ["Ứng dụng", "App"],
  "channel.other": ["Kênh khác", "Other"],
  "purpose.scores": ["Điểm số", "Scores"],
  "purpose.fees": ["Các khoản thu", "Fees"],
  "purpose.enrolment": ["Ghi danh, chuyển trường, chuyển lớp", "Enrolment"],
  "purpose.attendance": ["Chuyên cần", "Attendance"],
  "purpose.other": ["Khác", "Other"],
  "role.manager": ["Cán bộ quản lý", "Manager"],
  "role.employee": ["Nhân viên", "Employee"],
  "role.other": ["Khác", "Other"],
  "reason.signature": ["Chữ ký số không hợp lệ", "Signature"],
  "reason.schema": ["Sai cấu trúc dữ liệu", "Structure"],
  "reason.identity": ["Sai mã định danh", "Identity"],
  "reason.content": ["Sai nội dung", "Content"],
  "reason.other": ["Khác", "Other"],
  "status.submitted": ["Đã nộp", "Submitted"],
  "status.returned": ["Trả lại để bổ sung", "Returned"],
  "status.valid": ["Hợp lệ", "Valid"],
  "status.withdrawn": ["Đã rút", "Withdrawn"],
  "status.other": ["Khác", "Other"],
  "method.cash": ["Tiền mặt", "Cash"],
  "method.bank-transfer": ["Chuyển khoản", "Bank transfer"],
  "method.vnpay": ["VNPAY", "VNPAY"],
  "method.other": ["Hình thức khác", "Other"],
  "fee_kind.tuition": ["Học phí", "Tuition"],
  "fee_kind.boarding-meals": ["Tiền ăn bán trú", "Boarding meals"],
  "fee_kind.boarding-care": ["Chăm sóc, quản lý bán trú", "Boarding care"],
  "fee_kind.second-session": ["Dạy học 2 buổi/ngày", "Second session"],
  "fee_kind.drinking-water": ["Nước uống", "Drinking water"],
  "fee_kind.hygiene": ["Vệ sinh", "Hygiene"],
  "fee_kind.materials": ["Ấn phẩm, đồ dùng, học liệu", "Materials"],
  "fee_kind.contact-book": ["Sổ liên lạc điện tử", "E-contact book"],
  "fee_kind.student-card": ["Thẻ học sinh", "Student card"],
  "fee_kind.uniform": ["Đồng phục", "Uniform"],
  "fee_kind.transport": ["Đưa đón", "Transport"],
  "fee_kind.extracurricular": ["Hoạt động ngoài giờ, ngoại khoá", "Extracurricular activities"],
  "fee_kind.health-insurance": ["Bảo hiểm y tế", "Health insurance"],
  "fee_kind.accident-insurance": ["Bảo hiểm thân thể", "Accident insurance"],
  "fee_kind.other": ["Khoản khác", "Other"],
};

let column = 0;

export function setLanguage(language) {
  column = language === "en" ? 1 : 0;
}

export function language() {
  return column === 1 ? "en" : "vi";
}

/** The words of `key` in the chosen language, its `{names}` filled in; null for an unknown key. */
export function wordsOrNull(key, values = {}) {
  return CATALOGUE[key]?.[column].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "") ?? null;
}

/** A place as people call it: Xã Tân Hoà, Phường Long An. */
export function placeName(unit) {
  const name = unit.kind === "school" && !unit.declared ? undeclared(unit) : unit.name;
  return wordsOrNull(`unit.${unit.kind}`, { name }) ?? name;
}

/** A school year, a term of one, a week or a month. */
export function periodName(code) {
  const days = /^(\d{4})-(W?)(\d\d)$/.exec(code);
  if (days) {
    const [, year, week, number] = days;
    return words(week ? "weekOf" : "monthOf", { number: Number(number), year });
  }
  const [year, term] = code.split("/");
  if (!term) return words("schoolYear", { year });
  return words("termOf", { term: words(`term.${term}`), year });
}

/** A school whose registration has not come yet still gets a name that no other has. */
function undeclared(school) {
  return `${words("undeclaredSchool")} (${(school.unit_id ?? school.school_id).slice(-6)})`;
}

export function words(key, values) {
  const found = wordsOrNull(key, values);
  if (found === null) throw new Error(`no words for ${key}`);
  return found;
}
